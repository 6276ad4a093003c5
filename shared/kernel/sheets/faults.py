"""What can be wrong with a file as a whole, as one table; nothing of such a file is taken (R-REG-6, R-HND-17)."""

from collections.abc import Mapping

from shared.kernel.errors import Words

FILE_FAULTS: Mapping[str, Words] = {
    "file_larger": Words("文件超过 {most} MB,请拆分后分别导入", "The file is over {most} MB; split it and import each"),
    "file_changed": Words(
        "文件内容与声明的 SHA-256 不符,请重新声明并上传",
        "The file is not the one declared by its SHA-256; declare and upload it again",
    ),
    "file_header": Words(
        "表头有误,见 faults;请按模板改正后重新上传",
        "The header row is faulty, see faults; correct it as in the template and upload again",
    ),
    "file_empty": Words("文件为空,请填写后重新上传", "The file is empty; fill it in and upload it again"),
    "file_no_rows": Words("表头下没有数据行", "There is no row below the header"),
    "file_utf16": Words(
        "文件为 UTF-16 编码,请另存为“CSV UTF-8”",
        "The file is UTF-16; save it as “CSV UTF-8”",
    ),
    "file_encoding": Words(
        "文件既不是 UTF-8 也不是 GB18030 编码,请另存为“CSV UTF-8”或 XLSX",
        "The file is neither UTF-8 nor GB18030; save it as “CSV UTF-8” or XLSX",
    ),
    "file_nul": Words(
        "文件含空字符(NUL),不是文本文件,请从表格软件重新导出",
        "The file holds NUL bytes and is no text; export it from the spreadsheet again",
    ),
    "file_quote_open": Words(
        "第 {line} 行的引号没有结束,请补上后重新上传",
        "A quote opened in line {line} never ends; close it and upload again",
    ),
    "file_too_many_rows": Words("数据超过 {most} 行,请拆分后分别导入", "Over {most} rows; split the file"),
    "file_too_many_columns": Words(
        "第 {line} 行超过 {most} 列,请删去多余的列",
        "Line {line} has over {most} columns; remove those not needed",
    ),
    "file_too_many_cells": Words("单元格超过 {most} 个,请拆分后分别导入", "Over {most} cells; split the file"),
    "file_cell_too_long": Words(
        "第 {line} 行有单元格超过 {most} 字,请缩短,或检查引号是否成对",
        "A cell in line {line} is over {most} characters; shorten it, or look for a quote that never ends",
    ),
    "file_old_or_encrypted": Words(
        "文件已加密,或是旧版 XLS 格式,请解密并另存为 XLSX",
        "The file is encrypted or an old XLS; decrypt it and save it as XLSX",
    ),
    "file_macros": Words(
        "不接受含宏的文件,请另存为不含宏的 XLSX",
        "Macros are not taken; save it as XLSX without them",
    ),
    "file_external_links": Words(
        "不接受含外部链接的文件,请断开链接后另存为 XLSX",
        "External links are not taken; break them and save it as XLSX",
    ),
    "file_embedded": Words(
        "不接受含嵌入对象的文件,请删去后另存为 XLSX",
        "Embedded objects are not taken; remove them and save it as XLSX",
    ),
    "file_zip_bomb": Words(
        "文件解压后过大,不予读取;请只保留清单内容后另存为 XLSX",
        "Unpacked, the file would be far too large; keep the list alone and save it as XLSX",
    ),
    "file_too_many_entries": Words(
        "文件内部部件超过 {most} 个,请只保留清单所在的工作表后另存为 XLSX",
        "The file has over {most} parts; keep the list's sheet alone and save it as XLSX",
    ),
    "file_entities": Words(
        "文件含有 XML 实体或文档类型定义,不予读取;请从表格软件重新保存",
        "The file holds XML entities or a DTD and is not read; save it from a spreadsheet again",
    ),
    "file_not_a_workbook": Words(
        "文件不是完好的 XLSX 工作簿,请从表格软件重新保存为 XLSX 或 CSV",
        "The file is no sound XLSX workbook; save it from a spreadsheet again, as XLSX or CSV",
    ),
}
"""Every fault of a file, by its code."""


class Unusable(Exception):
    """A file cannot be used at all; `code` is a key of FILE_FAULTS. Nothing of it was taken."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def words(self) -> Words:
        """What is wrong and what to do."""
        words = FILE_FAULTS[self.code]
        return Words(words.zh.format_map(self.params), words.en.format_map(self.params))
