//! Home, log-in, questions, problems, conflicts, errors.

use super::*;

pub fn login(say: Words) -> LoginPage {
    let person =
        |login: &str, role: String| Person { login: login.to_owned(), role, href: format!("/login?as={login}") };
    LoginPage {
        page: Page { user: None, nav: Nav::default(), ..page(say, "/login") },
        login: String::new(),
        next: "/opportunity?view=open".to_owned(),
        password: String::new(),
        refusal: None,
        detail: None,
        shared: Some("demo".to_owned()),
        people: vec![
            person("admin", say.of("Administrator", "Administración", "Администратор")),
            person("ana", say.of("Sales", "Ventas", "Продажи")),
            person("boss", say.of("Sales manager", "Dirección de ventas", "Руководитель продаж")),
        ],
    }
}

pub fn login_refused(say: Words) -> LoginPage {
    LoginPage {
        login: "ana".to_owned(),
        refusal: Some(LoginRefusal::Wrong),
        people: Vec::new(),
        shared: None,
        ..login(say)
    }
}

pub fn home(say: Words) -> HomePage {
    let list = |label: String, icon: &str, href: &str, n| HomeList {
        label,
        icon: icon.to_owned(),
        href: href.to_owned(),
        count: Count { n, more: n == 1000 },
        create: Some(format!("{href}/new")),
    };
    let recent = |title: &str, entity: String, icon: &str, at: String| RecentRecord {
        title: title.to_owned(),
        entity,
        icon: icon.to_owned(),
        href: "/opportunity/1".to_owned(),
        at: when(&at),
    };
    let account = say.of("Account", "Cuenta", "Компания");
    HomePage {
        page: Page {
            watch: Some(Watch { href: "/admin/revision".to_owned(), revision: "4f1c9a".to_owned(), problems: 3 }),
            ..page(say, "/")
        },
        part: DayPart::of_hour(9),
        today: say.of("Monday, 23 November 2026", "lunes, 23 de noviembre de 2026", "понедельник, 23 ноября 2026 г."),
        groups: vec![
            HomeGroup {
                label: Some(say.of("Sales", "Ventas", "Продажи")),
                lists: vec![
                    list(say.of("Leads", "Clientes potenciales", "Лиды"), "megaphone", "/lead", 1000),
                    list(say.of("Opportunities", "Oportunidades", "Сделки"), "target", "/opportunity", 22),
                    list(say.of("Quotes", "Presupuestos", "Коммерческие предложения"), "file-text", "/quote", 0),
                ],
            },
            HomeGroup {
                label: Some(say.of("Customers", "Clientes", "Клиенты")),
                lists: vec![list(say.of("Accounts", "Cuentas", "Компании"), "building", "/account", 118)],
            },
        ],
        recent: vec![
            recent(
                "Packing line, Zaragoza plant",
                opportunity(say).label,
                "target",
                say.of("5 minutes ago", "hace 5 minutos", "5 минут назад"),
            ),
            recent(
                "Conservas del Ebro",
                account.clone(),
                "building",
                say.of("2 hours ago", "hace 2 horas", "2 часа назад"),
            ),
            recent(
                "Q-2026-0188",
                say.of("Quote", "Presupuesto", "КП"),
                "file-text",
                say.of("yesterday", "ayer", "вчера"),
            ),
            recent(
                "Hermanos Soler e Hijos, Sociedad Limitada",
                account,
                "building",
                say.of("3 days ago", "hace 3 días", "3 дня назад"),
            ),
        ],
    }
}

pub fn search(say: Words) -> SearchPage {
    let piece = |text: &str, hit: bool| Piece { text: text.to_owned(), hit };
    let deal = opportunity(say);
    let email = SearchMatch {
        label: say.of("E-mail", "Correo", "Эл. почта"),
        text: vec![piece("ventas@", false), piece("ebro", true), piece(".example", false)],
    };
    let hit = SearchHit {
        href: "/opportunity/1".to_owned(),
        title: vec![piece("Ebro", true), piece(" & <Norte>", false)],
        entity: Link { href: deal.href.clone(), label: deal.label.clone() },
        icon: deal.icon.clone(),
        matches: vec![email],
    };
    SearchPage {
        page: page(say, "/search?q=ebro"),
        asked: "ebro".to_owned(),
        entity: String::new(),
        entities: vec![SearchEntity { name: "opportunity".to_owned(), label: deal.plural }],
        problem: None,
        hits: vec![hit],
        next: Some("/search?q=ebro&cursor=x".to_owned()),
        is_incomplete: true,
        is_bounded: true,
    }
}

pub fn settings(say: Words) -> SettingsPage {
    let sales = say.of("Sales settings", "Ajustes de ventas", "Настройки продаж");
    SettingsPage { page: page(say, "/admin/settings"), documents: vec![link(&sales, "/admin/settings/sales")] }
}

pub fn jobs(say: Words) -> JobsPage {
    let job = DeadJob {
        kind: "follow".to_owned(),
        about: Some(link(&say.of("Product", "Producto", "Товар"), "/product/1")),
        attempts: 20,
        at: when(&say.of("2 hours ago", "hace 2 horas", "2 часа назад")),
        error: Some("A definition failed: <too many> steps".to_owned()),
        retry: "/admin/jobs/1/retry".to_owned(),
    };
    let other = DeadJob { kind: "sweep_idempotency".to_owned(), about: None, error: None, ..job.clone() };
    JobsPage { page: page(say, "/admin/jobs"), dead: 2, waiting: 1, jobs: vec![job, other] }
}

pub fn no_jobs(say: Words) -> JobsPage {
    JobsPage { dead: 0, jobs: Vec::new(), ..jobs(say) }
}

pub fn delete(say: Words) -> ConfirmPage {
    ConfirmPage {
        page: Page {
            crumbs: vec![
                link(&opportunity(say).plural, "/opportunity"),
                link("Packing line, Zaragoza plant", "/opportunity/1"),
            ],
            ..page(say, "/opportunity/1/delete")
        },
        entity: opportunity(say),
        record: link("Packing line, Zaragoza plant", "/opportunity/1"),
        deed: Deed::Delete,
        action: "/opportunity/1/delete".to_owned(),
        hidden: vec![Hidden { name: "_version".to_owned(), value: "7".to_owned() }],
        cascades: vec![Affected {
            label: say.of("Quotes", "Presupuestos", "Коммерческие предложения"),
            n: 2,
            href: Some("/quote?opportunity=1".to_owned()),
        }],
        blockers: Vec::new(),
    }
}

pub fn delete_blocked(say: Words) -> ConfirmPage {
    ConfirmPage {
        cascades: Vec::new(),
        blockers: vec![
            Affected { label: opportunity(say).plural, n: 21, href: Some("/opportunity?account=1".to_owned()) },
            Affected { label: say.of("Contracts", "Contratos", "Договоры"), n: 1, href: None },
        ],
        deed: Deed::Purge,
        ..delete(say)
    }
}

pub fn problems(say: Words) -> ProblemsPage {
    let line = |line, before: &str, marked: &str, after: &str, note: Option<&str>| Excerpt {
        place: None,
        line,
        before: before.to_owned(),
        marked: marked.to_owned(),
        after: after.to_owned(),
        note: note.map(str::to_owned),
    };
    ProblemsPage {
        page: Page {
            watch: Some(Watch { href: "/admin/revision".to_owned(), revision: "4f1c9a".to_owned(), problems: 3 }),
            ..page(say, "/admin/problems")
        },
        refused: true,
        checked: when(&say.of("just now", "ahora mismo", "только что")),
        deployment: 12,
        revision: "4f1c9a".to_owned(),
        held: None,
        waiting: None,
        findings: vec![
            Finding {
                severity: Severity::Error,
                code: "F0301".to_owned(),
                message: "the entity `opportunity` has no field `acount`".to_owned(),
                place: Some("views/my_open_deals.yaml:5:17".to_owned()),
                excerpts: vec![
                    line(5, "columns: [name, ", "acount", ", amount, close_date]", Some("this column")),
                    Excerpt {
                        place: Some("sales/opportunity.yaml:9:3".to_owned()),
                        ..line(
                            9,
                            "  ",
                            "account",
                            ": {type: ref, to: account, required: true, on_delete: restrict, inverse: opportunities}",
                            Some("declared here"),
                        )
                    },
                ],
                help: Some("did you mean `account`?".to_owned()),
                mended: Some("columns: [name, account, amount, close_date]".to_owned()),
            },
            Finding {
                severity: Severity::Error,
                code: "F0407".to_owned(),
                message: "`amount` is money and `\"high\"` is text: they cannot be compared".to_owned(),
                place: Some("sales/rules.yaml:14:9".to_owned()),
                excerpts: vec![line(14, "    if: ", "amount > \"high\"", " and not stage.closed", None)],
                help: None,
                mended: None,
            },
            Finding {
                severity: Severity::Warning,
                code: "F0112".to_owned(),
                message: "the new field `adress` resembles `address`".to_owned(),
                place: Some("overlays/account.yaml:3:3".to_owned()),
                excerpts: vec![line(3, "\t", "adress", ": text", None)],
                help: Some(
                    "to change the existing field, write `address`; to keep both, give the new one a name of its own"
                        .to_owned(),
                ),
                mended: None,
            },
        ],
    }
}

pub fn no_problems(say: Words) -> ProblemsPage {
    ProblemsPage { refused: false, findings: Vec::new(), ..problems(say) }
}

pub fn problems_waiting(say: Words) -> ProblemsPage {
    let step = |summary: &str, hazard: &str, rows, note: Option<&str>| WaitingStep {
        summary: summary.to_owned(),
        cause: "`amount` of `opportunity` is an integer now".to_owned(),
        place: Some("sales/opportunity.yaml:12:3".to_owned()),
        hazard: hazard.to_owned(),
        rows,
        note: note.map(str::to_owned),
    };
    ProblemsPage {
        waiting: Some(WaitingPlan {
            consent: "c2f0a91b".to_owned(),
            steps: vec![
                step("change the column `amount`", "loses data", Some(1), Some("digits behind the point are cut off")),
                step("add the column `region`", "safe", None, None),
            ],
        }),
        ..no_problems(say)
    }
}

pub fn conflict(say: Words) -> ConflictPage {
    ConflictPage {
        page: Page { crumbs: vec![link(&opportunity(say).plural, "/opportunity")], ..page(say, "/opportunity/1/edit") },
        entity: opportunity(say),
        record: link("Packing line, Zaragoza plant", "/opportunity/1"),
        who: "Luis Ortega".to_owned(),
        at: when(&say.of("2 minutes ago", "hace 2 minutos", "2 минуты назад")),
        action: "/opportunity/1/edit".to_owned(),
        hidden: vec![
            Hidden { name: "_version".to_owned(), value: "8".to_owned() },
            Hidden { name: "amount".to_owned(), value: "248500".to_owned() },
        ],
        differences: vec![
            Difference {
                name: "amount".to_owned(),
                label: say.of("Amount", "Importe", "Сумма"),
                base: number("€261,000.00"),
                mine: number("€248,500.00"),
                theirs: number("€255,000.00"),
            },
            Difference {
                name: "description".to_owned(),
                label: say.of("Description", "Descripción", "Описание"),
                base: Cell::Empty,
                mine: Cell::Long { text: "Line must run by the tomato season.".to_owned() },
                theirs: Cell::Long {
                    text: "Called Pilar: they need it by June,\nbut could start with half the line.".to_owned(),
                },
            },
        ],
    }
}

pub fn error(say: Words, status: u16) -> ErrorPage {
    ErrorPage {
        form: false,
        page: page(say, "/opportunity/404"),
        status,
        detail: (status == 409).then(|| {
            say.of(
                "Another open opportunity of this account has the name “Label printers”.",
                "Otra oportunidad abierta de esta cuenta se llama «Label printers».",
                "У этой компании уже есть открытая сделка «Label printers».",
            )
        }),
        reference: (status == 500).then(|| "01JD7Q8Z".to_owned()),
    }
}

pub fn error_signed_out(say: Words) -> ErrorPage {
    ErrorPage { page: Page { user: None, nav: Nav::default(), ..page(say, "/nowhere") }, ..error(say, 404) }
}
