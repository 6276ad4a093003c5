"""Several acts at once, one step at a time, in an order that a test chooses: every race can be had, and had again."""

import threading
from collections.abc import Callable, Sequence
from random import Random


class Died(BaseException):
    """What kills an act in the middle of a step; nothing that handles errors may catch it."""


class Turns:
    """Runs acts in threads of which exactly one moves at a time; an act gives way wherever it calls `give_way`."""

    def __init__(self, choose: Random, deaths: int = 0) -> None:
        self._choose = choose
        self._deaths = deaths
        self._resume: dict[int, threading.Semaphore] = {}
        self._number: dict[int, int] = {}
        self._yielded = threading.Semaphore(0)
        self._waiting: set[int] = set()
        self._dies = False
        self.died: list[int] = []

    def give_way(self) -> None:
        """Let another act move; outside of acts nothing happens. Raises Died where this act is not to live on."""
        me = self._number.get(threading.get_ident())
        if me is None:
            return
        self._waiting.add(me)
        self._yielded.release()
        self._resume[me].acquire()
        if self._dies:
            raise Died

    def run(self, acts: Sequence[Callable[[], None]]) -> list[int]:
        """Run all acts to their ends; the numbers of those that died.

        Every choice is drawn here and not in the acts' threads: hypothesis ends an example by raising where it draws.
        """
        threads = [threading.Thread(target=self._act, args=(number, act)) for number, act in enumerate(acts)]
        for thread in threads:
            thread.start()
            self._yielded.acquire()
        try:
            while self._waiting:
                chosen = self._choose.choice(sorted(self._waiting))
                dies = self._deaths > 0 and self._choose.random() < 0.02
                self._deaths -= dies
                self._let(chosen, dies=dies)
        finally:
            while self._waiting:
                self._let(min(self._waiting), dies=True)
            for thread in threads:
                thread.join()
        return self.died

    def _let(self, number: int, *, dies: bool) -> None:
        self._dies = dies
        self._waiting.discard(number)
        self._resume[number].release()
        self._yielded.acquire()

    def _act(self, number: int, act: Callable[[], None]) -> None:
        self._number[threading.get_ident()] = number
        self._resume[number] = threading.Semaphore(0)
        try:
            self.give_way()
            act()
        except Died:
            self.died.append(number)
        finally:
            del self._number[threading.get_ident()]
            self._yielded.release()
