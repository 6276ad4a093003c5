"""An invented city: its departments, liaisons and items.

The items are real ones; every person, number, code and phone is made up, and division codes beginning
with 99 are given to no place.
"""

from dataclasses import dataclass, field

from shared.contracts.vocabulary import ClaimMode, OnOverdue

CITY = "临澜市"
DIVISION = "990100"

LIST_DOCUMENT = f"清单由{CITY}人民政府文件(临政发〔2026〕7号)确定,各监管部门已会签"
"""Why nobody is asked about the list: an invented document fixed it (R-REG-4)."""


@dataclass(frozen=True, slots=True)
class DepartmentSeed:
    """A department of the invented city and its liaisons (R-ORG-1, R-ORG-2)."""

    key: str
    name: str
    kind: str
    leader: str
    section: str
    liaisons: tuple[str, ...]
    number: int

    def phone(self, liaison: int) -> str:
        """A phone number that belongs to nobody: 199-0000 is followed by department and liaison."""
        return f"1990000{self.number:02d}{liaison:02d}"


@dataclass(frozen=True, slots=True)
class ItemSeed:
    """A linkage item: approval item, lead and assisting supervisors (R-REG-1, R-REG-2)."""

    code: str
    name: str
    lead: str
    law: str
    days: int
    assisting: tuple[str, ...] = ()
    claim: dict[str, object] = field(default_factory=dict)
    stages: tuple[str, ...] = ("acceptance", "decision")


_SUPERVISORS: tuple[tuple[str, str, str], ...] = (
    ("market", "市场监督管理局", "信用监管科"),
    ("health", "卫生健康委员会", "综合监督科"),
    ("housing", "住房和城乡建设局", "建筑市场监管科"),
    ("transport", "交通运输局", "运输管理科"),
    ("water", "水务局", "水政水资源科"),
    ("ecology", "生态环境局", "环境影响评价科"),
    ("forestry", "林业局", "资源管理科"),
    ("agriculture", "农业农村局", "政策法规科"),
    ("culture", "文化和旅游局", "市场管理科"),
    ("education", "教育局", "民办教育科"),
    ("labour", "人力资源和社会保障局", "劳动监察科"),
    ("press", "新闻出版局", "印刷发行科"),
    ("emergency", "应急管理局", "危险化学品监管科"),
    ("fire", "消防救援支队", "防火监督科"),
    ("cityadmin", "城市管理局", "市容管理科"),
    ("planning", "发展和改革委员会", "投资科"),
    ("civil", "民政局", "社会组织管理科"),
)

BUREAU = DepartmentSeed("bureau", f"{CITY}行政审批局", "approval", "林一", "审管联动科", ("周甲", "吴乙"), 1)
OVERSIGHT = DepartmentSeed("oversight", f"{CITY}人民政府督查室", "oversight", "郑二", "督查一科", ("王丙",), 2)
CREDIT = DepartmentSeed("credit", f"{CITY}社会信用体系建设办公室", "credit", "冯四", "信用管理科", ("褚己",), 90)
DEPARTMENTS: tuple[DepartmentSeed, ...] = (
    BUREAU,
    OVERSIGHT,
    CREDIT,
    *(
        DepartmentSeed(key, f"{CITY}{name}", "supervision", "陈三", section, ("李丁", "赵戊"), number)
        for number, (key, name, section) in enumerate(_SUPERVISORS, start=3)
    ),
)

_AT_ONCE: dict[str, object] = {
    "mode": ClaimMode.ON_PUSH,
    "limit": {"amount": 2, "unit": "working_day"},
    "on_overdue": OnOverdue.ESCALATE,
}
_ONE_MINUTE: dict[str, object] = {
    "mode": ClaimMode.CONFIRM,
    "limit": {"amount": 1, "unit": "minute"},
    "on_overdue": OnOverdue.ESCALATE,
}
_DEEMED: dict[str, object] = {
    "mode": ClaimMode.CONFIRM,
    "limit": {"amount": 2, "unit": "working_day"},
    "on_overdue": OnOverdue.DEEMED_CLAIMED,
}

NOODLE_ITEM = "000131011000"
CHEMIST_ITEM = "000172014000"
URGENT_ITEM = "000199015000"

ITEMS: tuple[ItemSeed, ...] = (
    ItemSeed(NOODLE_ITEM, "食品经营许可", "market", "《中华人民共和国食品安全法》第三十五条", 10),
    ItemSeed(CHEMIST_ITEM, "药品零售许可", "market", "《中华人民共和国药品管理法》第五十一条", 15),
    ItemSeed("000123018000", "公共场所卫生许可", "health", "《公共场所卫生管理条例》第四条", 10),
    ItemSeed("000123004000", "医疗机构执业登记", "health", "《医疗机构管理条例》第十五条", 20),
    ItemSeed("000123006000", "放射诊疗许可", "health", "《放射诊疗管理规定》第四条", 15),
    ItemSeed("000123019000", "饮用水供水单位卫生许可", "health", "《中华人民共和国传染病防治法》第二十九条", 10, ("water",)),
    ItemSeed("000117017000", "建筑工程施工许可", "housing", "《中华人民共和国建筑法》第七条", 5, ("emergency",)),
    ItemSeed("000117023000", "商品房预售许可", "housing", "《中华人民共和国城市房地产管理法》第四十五条", 8),
    ItemSeed("000117029000", "燃气经营许可", "housing", "《城镇燃气管理条例》第十五条", 12, ("emergency",)),
    ItemSeed("000117031000", "污水排入排水管网许可", "housing", "《城镇排水与污水处理条例》第二十一条", 10, ("ecology",)),
    ItemSeed("000118022000", "道路货物运输经营许可", "transport", "《中华人民共和国道路运输条例》第二十四条", 10),
    ItemSeed("000118018000", "道路旅客运输经营许可", "transport", "《中华人民共和国道路运输条例》第十条", 15),
    ItemSeed("000119001000", "取水许可", "water", "《中华人民共和国水法》第四十八条", 20),
    ItemSeed("000119007000", "生产建设项目水土保持方案审批", "water", "《中华人民共和国水土保持法》第二十五条", 8),
    ItemSeed("000116003000", "建设项目环境影响评价审批", "ecology", "《中华人民共和国环境影响评价法》第二十二条", 20),
    ItemSeed("000116010000", "排污许可", "ecology", "《排污许可管理条例》第二条", 18),
    ItemSeed("000164013000", "林木采伐许可", "forestry", "《中华人民共和国森林法》第五十六条", 10, claim=_DEEMED),
    ItemSeed("000120038000", "动物防疫条件合格证核发", "agriculture", "《中华人民共和国动物防疫法》第二十五条", 10),
    ItemSeed("000120005000", "农药经营许可", "agriculture", "《农药管理条例》第二十四条", 12),
    ItemSeed("000120024000", "种畜禽生产经营许可", "agriculture", "《中华人民共和国畜牧法》第二十四条", 12),
    ItemSeed("000122016000", "娱乐场所经营许可", "culture", "《娱乐场所管理条例》第九条", 12, ("fire",)),
    ItemSeed("000122018000", "互联网上网服务营业场所经营许可", "culture", "《互联网上网服务营业场所管理条例》第十条", 12, ("fire",)),
    ItemSeed("000122026000", "旅行社设立许可", "culture", "《旅行社条例》第七条", 10),
    ItemSeed("000105001000", "民办学校设立审批", "education", "《中华人民共和国民办教育促进法》第十二条", 20),
    ItemSeed("000114001000", "人力资源服务许可", "labour", "《人力资源市场暂行条例》第十八条", 8),
    ItemSeed("000114002000", "劳务派遣经营许可", "labour", "《中华人民共和国劳动合同法》第五十七条", 10),
    ItemSeed("000139016000", "出版物零售业务经营许可", "press", "《出版管理条例》第三十五条", 10, claim=_AT_ONCE),
    ItemSeed("000139020000", "印刷经营许可", "press", "《印刷业管理条例》第十条", 12, claim=_AT_ONCE),
    ItemSeed("000125006000", "危险化学品经营许可", "emergency", "《危险化学品安全管理条例》第三十三条", 15, ("fire",)),
    ItemSeed("000125012000", "烟花爆竹零售许可", "emergency", "《烟花爆竹安全管理条例》第十六条", 10),
    ItemSeed(URGENT_ITEM, "公众聚集场所投入使用、营业前消防安全检查", "fire", "《中华人民共和国消防法》第十五条", 3, claim=_ONE_MINUTE),
    ItemSeed("000117045000", "户外广告及招牌设置审批", "cityadmin", "《城市市容和环境卫生管理条例》第十一条", 7),
    ItemSeed("000117047000", "城市建筑垃圾处置核准", "cityadmin", "《城市建筑垃圾管理规定》第七条", 7, ("ecology",)),
    ItemSeed("000104008000", "企业投资项目备案", "planning", "《企业投资项目核准和备案管理条例》第三条", 1, stages=("decision",)),
    ItemSeed("000111001000", "民办非企业单位登记", "civil", "《民办非企业单位登记管理暂行条例》第五条", 15),
)  # fmt: skip
