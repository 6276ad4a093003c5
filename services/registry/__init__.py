"""Registry: departments, liaisons and the item list (审管联动事项清单) with its versions."""
