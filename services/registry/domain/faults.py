"""What can be wrong with a registration, as one table of words; a refusal names everything at once."""

from collections.abc import Mapping

from shared.kernel.errors import Fault, Words
from shared.kernel.sheets.faults import FILE_FAULTS

FAULTS: Mapping[str, Words] = {
    **FILE_FAULTS,
    "search_too_short": Words(
        "请至少输入 {least} 个字、字母或数字(空格和标点不计)",
        "Type at least {least} characters; blanks and punctuation do not count",
    ),
    "search_too_long": Words(
        "最多 {most} 个字符(空格和标点不计),请只输入名称的一部分",
        "At most {most} characters without blanks and punctuation; a part of the name is enough",
    ),
    "instant_or_day": Words(
        "请填写日期(如 2026-03-02)或带时区的时间(如 2026-03-02T09:30:00+08:00,地址中的 + 须写作 %2B)",
        "Give a day like 2026-03-02, or a time with its offset like 2026-03-02T09:30:00+08:00; "
        "in an address write + as %2B",
    ),
    "range_backwards": Words("结束日期不得早于起始日期", "The last day cannot come before the first"),
    "range_too_long": Words(
        "一次最多查询 {most} 天,请分段查询",
        "At most {most} days at once; ask for a shorter range, and for the rest after it",
    ),
    "liaison_required": Words(
        "监管部门至少须有一名联络员及其电话",
        "A supervision department needs at least one liaison with a phone",
    ),
    "superior_is_itself": Words("上级部门不能是本部门", "A department cannot be its own superior"),
    "superior_in_circle": Words(
        "上级部门不得回到本部门(其上级依次为:{line})",
        "The superior line must not come back to the department itself (it goes up by {line})",
    ),
    "superior_not_higher": Words(
        "“{upper}”的层级不高于“{lower}”,不能为其上级;县区与开发区的上级为市级或省级",
        "“{upper}” is of no higher level than “{lower}” and cannot be above it; above a county or a zone is the city",
    ),
    "level_not_above": Words(
        "该层级不高于以本部门为上级的:{names};请先更改其上级",
        "That level is not above the departments that report to this one: {names}; change their superior first",
    ),
    "successor_is_itself": Words("部门不能并入自身", "A department cannot be merged into itself"),
    "section_unknown": Words(
        "本部门没有科室“{id}”,请核对,或不写编号由系统编号",
        "The department has no section “{id}”; check it, or leave the id out for a new section",
    ),
    "section_twice": Words("同一科室不得重复列入", "A section is listed once"),
    "person_unknown": Words(
        "本部门没有人员“{id}”,请核对,或不写编号由系统编号",
        "The department has no person “{id}”; check it, or leave the id out for somebody new",
    ),
    "person_twice": Words("同一人员不得重复列入", "A person is listed once"),
    "person_differs": Words(
        "与人员名单所列姓名“{name}”不一致",
        "This is not the name “{name}” that the list of people gives",
    ),
    "liaison_not_on_duty": Words(
        "“{id}”不是本部门在岗联络员,请核对编号",
        "“{id}” is not a liaison on duty in this department; check the id",
    ),
    "taker_is_giver": Words("接手人不能是移交人本人", "The taker must be somebody other than the giver"),
    "one_filter_at_a_time": Words(
        "superior 与 kind 不能同时使用,请去掉其一",
        "Superior and kind cannot be asked together; leave one out",
    ),
    "department_unknown": Words(
        "没有部门“{department}”,请核对编号或先登记",
        "There is no department “{department}”; check the id or register it first",
    ),
    "department_kind": Words(
        "部门“{department}”的类别不是 {kind}",
        "Department “{department}” is not of kind {kind}",
    ),
    "lead_required": Words("须有且只有一个牵头监管部门", "There must be exactly one lead supervisor"),
    "supervisor_twice": Words("同一部门不得重复列入", "A department is listed once"),
    "stage_twice": Words("同一环节不得重复列入", "A stage is listed once"),
    "limit_over_statutory": Words(
        "承诺时限不得超过法定时限",
        "The committed limit must not exceed the statutory one",
    ),
    "code_fixed": Words(
        "事项已发布,编码不得更改;请另建事项",
        "A published item keeps its code; draft another item",
    ),
    "liaison_missing": Words(
        "部门“{department}”没有在岗联络员",
        "Department “{department}” has no active liaison",
    ),
    "effective_too_early": Words(
        "生效时间不得早于现在({now})",
        "The item cannot come into force before now ({now})",
    ),
    "item_type_unknown": Words(
        "没有事项类型“{given}”,可用:{known}",
        "There is no item type “{given}”; there are: {known}",
    ),
    "procedure_twice": Words("同一程序不得重复列入", "A procedure is listed once"),
    "feedback_kind_twice": Words(
        "同一类反馈只能规定一个时限",
        "Each kind of feedback has one limit",
    ),
    "document_twice": Words("同一文件不得重复列入", "A document is listed once"),
    "document_unknown": Words(
        "没有已上传的文件“{document}”,请先登记并上传完毕",
        "No document “{document}” has been uploaded; declare it and complete its upload first",
    ),
    "department_inactive": Words(
        "部门“{department}”已停用或并入其他部门,请换为在用部门",
        "Department “{department}” is suspended or merged; name one that is active",
    ),
    "too_many_to_come": Words(
        "尚未生效的版本最多 {most} 个,请待其生效或改用更早的生效时间",
        "At most {most} versions may be waiting to come into force; wait, or choose an earlier instant",
    ),
    "too_many_named": Words(
        "各现行及待生效版本与本草案合计最多涉及 {most} 个监管部门,请分次更换或待前一版本生效",
        "Versions in force or to come and this draft may name {most} supervision departments together; "
        "replace them step by step, or wait until an earlier version is in force",
    ),
    "reason_required": Words("变更已发布的事项须说明理由", "Say why a published item changes"),
    "objection_reason_required": Words("提出异议须说明理由", "Say why you object"),
    "reason_without_objection": Words("同意时不填理由;有异议请选择 objected", "A confirmation takes no reason"),
    "same_version": Words("请选择两个不同的版本", "Choose two different versions"),
    "code_spreadsheet_damage": Words(
        "编码“{given}”疑被电子表格改写(第十五位之后全为 0),请对照原件;现按原样保留",
        "Code “{given}” was probably damaged by a spreadsheet (nothing but 0 after the fifteenth digit): compare it "
        "with the original; it is kept as it is",
    ),
    "code_zeros_lost": Words(
        "编码“{given}”位数偏少,疑丢失前导零,请对照原件;现按原样保留",
        "Code “{given}” is short and has probably lost leading zeros: compare it with the original; "
        "it is kept as it is",
    ),
    "code_body_cut": Words(
        "编码“{given}”只有 17 位,疑为缺末位的单位代码,请对照原件;现按原样保留",
        "Code “{given}” has 17 characters, like a body's identifier without its last: compare it with the original; "
        "it is kept as it is",
    ),
    "code_body_mistyped": Words(
        "编码“{given}”前 18 位不是有效的统一社会信用代码,请核对有无错字;现按原样保留",
        "The first 18 characters of code “{given}” are no valid credit identifier: look for a mistyped character; "
        "it is kept as it is",
    ),
    "code_lower_case": Words(
        "编码“{given}”含小写字母,国家编码均为大写,请核对;现按原样保留",
        "Code “{given}” has small letters, and national codes have capitals: check it; it is kept as it is",
    ),
    "code_shape": Words(
        "编码“{given}”不是常见的实施编码(31 位)、基本编码(12 或 13 位)或带连字符的编码,请核对;现按原样保留",
        "Code “{given}” looks like none of: implementation code (31 characters), basic code (12 or 13 digits), "
        "hyphenated code. Check it; it is kept as it is",
    ),
    "person_unregistered": Words(
        "“{person}”不在部门“{department}”登记的人员之中,请核对或先登记",
        "“{person}” is not among the people registered for “{department}”; check the name or register the person",
    ),
    "section_unregistered": Words(
        "“{section}”不在部门“{department}”登记的科室之中,请核对或先登记",
        "“{section}” is not among the sections registered for “{department}”; check the name or register the section",
    ),
    "duty_document_missing": Words(
        "审批与监管分属不同部门或层级,请附委托书、工作交付书或工作备忘录",
        "Approval and supervision lie in different departments or levels: attach a letter of entrustment, a delivery "
        "of work or a memorandum",
    ),
    # --- Duty documents (R-REG-3) ---
    "issued_in_future": Words("签发日期不得晚于今天", "A document cannot have been issued after today"),
    # --- Notices of changed law (R-REG-7) ---
    "item_unpublished": Words(
        "没有已发布的事项“{item}”,请核对编码",
        "No item “{item}” is published; check the code",
    ),
    "item_retired": Words(
        "事项“{item}”已废止,无须再告知,请从通知中删去",
        "Item “{item}” is retired and needs no notice; leave it out",
    ),
    "item_twice": Words("同一事项不得重复列入", "An item is listed once"),
    "item_not_supervised": Words(
        "贵部门不是事项“{item}”的监管部门;请由其监管部门({departments})告知",
        "Your department does not supervise item “{item}”; those who do ({departments}) send the notice",
    ),
    "item_of_other_bureau": Words(
        "事项“{item}”由 {bureau} 审批;一份通知只发一个审批部门,请分别发送",
        "Item “{item}” is approved by {bureau}; a notice goes to one bureau: send one to each",
    ),
    "department_unnamed": Words("请指明部门", "Name the department"),
    "answer_before_acknowledgement": Words(
        "答复时限不得早于确认时限",
        "The answer cannot be owed before the acknowledgement",
    ),
    "revision_missing": Words(
        "答复为已修订清单的,须列明修订后的事项版本",
        "Name the item versions that revise the list",
    ),
    "revision_unasked": Words(
        "答复为无须修订的,不列事项版本",
        "No version is named where no revision is needed",
    ),
    "revision_unknown": Words(
        "没有事项“{item}”的第 {version} 版,请先发布修订后的版本",
        "There is no version {version} of item “{item}”; publish the revised version first",
    ),
    "revision_of_others": Words(
        "事项“{item}”由其他部门审批,不能作为本次答复",
        "Item “{item}” is approved by another department and answers nothing here",
    ),
    "revision_before_notice": Words(
        "事项“{item}”的第 {version} 版早于本通知发布,不能作为修订结果",
        "Version {version} of item “{item}” was published before this notice and cannot answer it",
    ),
    # --- The transfer catalogue (R-REG-8) ---
    "transfer_to_itself": Words("划入部门与划出部门不得相同", "An item goes from one department to another"),
    "transferred_in_future": Words("划转日期不得晚于今天", "An item cannot have been transferred after today"),
    # --- A row of an import (R-REG-6) ---
    "row_code_twice": Words(
        "第 {line} 行有相同的编码,请只保留一行",
        "Line {line} holds the same code; keep one of them",
    ),
    "row_code_reserved": Words(
        "该编码正被另一部门的导入使用,请在其完成后重新检查",
        "Another bureau's import is about to use this code; check again once it is done",
    ),
    "row_other_bureau": Words(
        "该事项属于其他审批部门,不能由本部门导入,请删去此行",
        "The item is another bureau's and not yours to import; remove the row",
    ),
    "import_stale": Words(
        "检查之后有 {items} 个事项被修改,或其编码已被占用,因此未作任何改动并已重新检查。请再次核对差异后应用",
        "After the check {items} items were changed or their codes taken, so nothing was written and all was checked "
        "again; look at the differences and apply again",
    ),
    # --- A file that cannot be used at all (R-REG-6) ---
    # --- The cells of a sheet (R-REG-6) ---
    "header_unknown": Words(
        "没有“{header}”这一列,请按模板改列名,或删去该列",
        "There is no column “{header}”; name it as the template does, or remove it",
    ),
    "header_blank": Words("此列没有列名,请补上或删去该列", "This column has no header; name it or remove it"),
    "header_twice": Words("“{header}”列重复,请只保留一列", "Column “{header}” stands twice; keep one"),
    "header_missing": Words(
        "缺少“{header}”列:没有编码就不知道是哪个事项",
        "Column “{header}” is missing: without a code nobody knows which item a row is",
    ),
    "column_missing": Words(
        "新事项须有“{header}”,而表中没有此列,请按模板补上",
        "A new item needs “{header}”, and the sheet has no such column; add it as in the template",
    ),
    "cell_blank": Words("必填,请填写", "This is required; fill it in"),
    "cell_without_header": Words(
        "此单元格超出表头的列数,请核对是否错位,或清空",
        "This cell stands beyond the last header; look whether the row is shifted, or empty it",
    ),
    "cell_formula": Words(
        "不接受公式:其结果取决于打开它的软件。请粘贴为值后重新上传",
        "A formula is not taken, since what it says depends on who opens it; paste it as a value and upload again",
    ),
    "cell_text": Words("内容不符合要求", "Not acceptable here"),
    "cell_too_long": Words("最多 {most} 字,现有 {length} 字", "At most {most} characters; these are {length}"),
    "cell_too_many": Words("最多 {most} 项", "At most {most} entries"),
    "cell_code": Words(
        "编码只能由 1 至 64 个字母、数字、点、短横线、下划线组成;"
        "显示为 1.23E+30 的已被电子表格损坏,请将该列设为文本后重新填写",
        "A code is 1 to 64 letters, digits, dots, hyphens and underscores; one shown as 1.23E+30 was damaged by a "
        "spreadsheet: format the column as text and enter it again",
    ),
    "cell_division_code": Words(
        "须为 6 位或 12 位数字;请将该列设为文本格式",
        "This must be 6 or 12 digits; format the column as text",
    ),
    "cell_phone": Words(
        "须为 6 至 20 位数字或短横线,可以 + 开头,如 0999-5550101",
        "This must be 6 to 20 digits or hyphens, a + may lead, like 0999-5550101",
    ),
    "cell_word": Words("“{text}”不在可用词语之内:{zh}", "“{text}” is none of the words: {en}"),
    "cell_item_type": Words(
        "“{text}”不是可用的事项类型,或编码与名称不符;见模板说明",
        "“{text}” is no item type, or its code and word differ; see the template",
    ),
    "cell_limit": Words(
        "须为 1 至 {most} 的整数及单位,如 10个工作日、2小时、30分钟",
        "This must be a whole number from 1 to {most} and its unit, like 10 working days, 2 hours, 30 minutes",
    ),
    "cell_feedback_limit": Words(
        "“{entry}”须写作 反馈类型:时限,如 检查结果:10个工作日",
        "“{entry}” must be a kind and a limit, like inspection: 10 working days",
    ),
    "cell_supervisor": Words(
        "每个部门须有以 | 分隔的 5 项:部门|监管事项|科室|责任人|电话;此处有 {parts} 项或有空项:{text}",
        "Each supervisor has 5 parts with | between: department|supervision item|section|person|contact; "
        "here are {parts}, or one is blank: {text}",
    ),
    "cell_department_ambiguous": Words(
        "“{name}”有多个部门,请改填其编号:{ids}",
        "Several departments are called “{name}”; give the id of one: {ids}",
    ),
    # Odd, but taken.
    "cell_former_name": Words("“{former}”是曾用名,现名“{name}”", "“{former}” is a former name of “{name}”"),
    "cell_apostrophe": Words(
        "已去掉前导撇号,按“{text}”读取",
        "The apostrophe before it was dropped; read as “{text}”",
    ),
    "cell_quoted_formula": Words(
        '="…" 写法已按文本“{text}”读取',
        'Written as ="…"; read as the text “{text}”',
    ),
    "cell_number": Words(
        "此单元格是数值而非文本,前导零或第 15 位以后的数字可能已丢失,请核对",
        "This cell is a number and no text: leading zeros, or digits after the 15th, may be lost; check it",
    ),
    "cell_leading_zero": Words("前导零已补上,按“{text}”读取", "Its leading zero was put back; read as “{text}”"),
}


def words_of(code: str, /, **params: str) -> Words:
    """The words of one row of the table, filled in."""
    words = FAULTS[code]
    return Words(words.zh.format_map(params), words.en.format_map(params))


def fault(pointer: str, code: str, **params: str) -> Fault:
    """One fault in the words of the table."""
    return Fault(pointer, code, *words_of(code, **params))
