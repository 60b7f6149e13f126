//! Pages of one record.

use fichero_web::ui::format;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::*;

pub fn record(say: Words) -> RecordPage {
    let money = |cents| format::money(say.0, Decimal::new(cents, 2), "EUR", 2);
    let day = |month, day| format::date(say.0, Date::constant(2026, month, day));
    RecordPage {
        page: Page {
            crumbs: vec![link(&opportunity(say).plural, "/opportunity")],
            notices: vec![Notice {
                tone: Tone::Success,
                text: say.of("Saved.", "Guardado.", "Сохранено."),
                link: None,
                undo: None,
            }],
            ..page(say, "/opportunity/1")
        },
        entity: opportunity(say),
        title: "Packing line, Zaragoza plant".to_owned(),
        edit: Some("/opportunity/1/edit".to_owned()),
        duplicate: Some("/opportunity/new?from=1".to_owned()),
        merge: Some("/opportunity/1/merge".to_owned()),
        delete: Some("/opportunity/1/delete".to_owned()),
        actions: vec![
            Action {
                label: say.of("New quote", "Nuevo presupuesto", "Создать КП"),
                icon: Some("file-text".to_owned()),
                target: Target::Get { href: "/quote/new".to_owned() },
                prominent: true,
                danger: false,
            },
            Action {
                label: say.of("Hand over", "Traspasar", "Передать"),
                icon: Some("users".to_owned()),
                target: Target::Post {
                    href: "/opportunity/1/run/hand_over".to_owned(),
                    hidden: vec![Hidden { name: "_version".to_owned(), value: "7".to_owned() }],
                },
                prominent: false,
                danger: false,
            },
        ],
        path: Some(path(say)),
        facts: vec![
            fact(say.of("Account", "Cuenta", "Компания"), reference("Conservas del Ebro", "/account/1")),
            fact(say.of("Amount", "Importe", "Сумма"), number(money(24_850_000))),
            fact(say.of("Expected", "Esperado", "Ожидаемая сумма"), number(money(18_637_500))),
            fact(say.of("Close date", "Fecha de cierre", "Дата закрытия"), date(day(12, 4), Tone::Plain)),
            fact(say.of("Owner", "Responsable", "Ответственный"), person("Ana Ruiz")),
        ],
        sections: sections(say).into_iter().chain(related(say)).collect(),
        history: history(say),
        trashed: None,
    }
}

pub fn plain(say: Words) -> RecordPage {
    let account = EntityHead {
        label: say.of("Account", "Cuenta", "Компания"),
        plural: say.of("Accounts", "Cuentas", "Компании"),
        icon: "building".to_owned(),
        href: "/account".to_owned(),
    };
    RecordPage {
        page: Page {
            crumbs: vec![link(&account.plural, "/account")],
            notices: vec![Notice {
                tone: Tone::Plain,
                text: say.of(
                    "“Cold storage” was moved to the trash.",
                    "«Cold storage» está en la papelera.",
                    "«Cold storage» в корзине.",
                ),
                link: None,
                undo: Some(Undo {
                    action: "/opportunity/9/restore".to_owned(),
                    hidden: vec![Hidden { name: "batch".to_owned(), value: "b1".to_owned() }],
                }),
            }],
            nav: Nav { collapsed: true, ..page(say, "/account/1").nav },
            ..page(say, "/account/1")
        },
        entity: account,
        title: "Conservas del Ebro".to_owned(),
        duplicate: None,
        actions: Vec::new(),
        path: None,
        facts: Vec::new(),
        sections: sections(say),
        history: History::default(),
        ..record(say)
    }
}

pub fn trashed(say: Words) -> RecordPage {
    let mut page = record(say);
    page.page.notices.clear();
    page.edit = None;
    page.duplicate = None;
    page.merge = None;
    page.delete = None;
    page.actions.clear();
    for step in page.path.iter_mut().flat_map(|path| &mut path.steps) {
        step.open = false;
        if step.state == StepState::Current {
            step.state = StepState::Lost;
        }
    }
    page.trashed = Some(Trashed {
        at: when("2 hours ago"),
        by: "Luis Ortega".to_owned(),
        into: None,
        restore: Some("/opportunity/1/restore".to_owned()),
    });
    page
}

pub fn fact(label: String, cell: Cell) -> Fact {
    Fact { label, cell, wide: false }
}

fn path(say: Words) -> StagePath {
    let step = |value: &str, label: String, state, open| Step {
        value: value.to_owned(),
        label,
        help: None,
        icon: None,
        state,
        open,
    };
    StagePath {
        label: say.of("Stage", "Etapa", "Этап"),
        help: None,
        action: "/opportunity/1/transition".to_owned(),
        version: "7".to_owned(),
        steps: vec![
            step("qualify", say.of("Qualify", "Calificar", "Квалификация"), StepState::Done, true),
            step("needs", say.of("Needs analysis", "Análisis", "Анализ потребностей"), StepState::Done, false),
            Step {
                help: Some(say.of("They have an offer", "Tienen una oferta", "У них есть предложение")),
                icon: Some("file-text".to_owned()),
                ..step("proposal", say.of("Proposal", "Propuesta", "Предложение"), StepState::Current, false)
            },
            step("negotiation", say.of("Negotiation", "Negociación", "Переговоры"), StepState::Ahead, true),
            step("won", say.of("Won", "Ganada", "Выиграна"), StepState::Ahead, true),
            step("lost", say.of("Lost", "Perdida", "Проиграна"), StepState::Ahead, true),
        ],
    }
}

fn sections(say: Words) -> Vec<Section> {
    vec![
        Section {
            id: "deal".to_owned(),
            title: Some(say.of("Deal", "Negocio", "Сделка")),
            tab: false,
            columns: 2,
            parts: vec![Part::Facts { facts: vec![
                fact(say.of("Number", "Número", "Номер"), text("OPP-2026-00412")),
                fact(say.of("Source", "Origen", "Источник"), pill(say.of("Trade fair", "Feria", "Выставка"), Color::Orange)),
                fact(say.of("Probability", "Probabilidad", "Вероятность"), Cell::Meter { text: format::percent(say.0, Decimal::from(75), None), percent: 75 }),
                fact(say.of("Next step", "Próximo paso", "Следующий шаг"), Cell::Empty),
                fact(say.of("Contacts", "Contactos", "Контакты"), Cell::Links { items: vec![link("Pilar Gracia", "/contact/1"), link("Iñaki Lasa", "/contact/2")] }),
                fact(say.of("E-mail", "Correo", "Эл. почта"), Cell::Contact { text: "compras@ebro.example".to_owned(), href: "mailto:compras@ebro.example".to_owned() }),
                fact(say.of("Budget approved", "Presupuesto aprobado", "Бюджет утверждён"), Cell::Boolean { value: true }),
                fact(say.of("Public tender", "Concurso público", "Тендер"), Cell::Boolean { value: false }),
                fact(say.of("Products of interest", "Productos de interés", "Интересующие товары"), Cell::Pills {
                    items: vec![
                        Pill {
                            help: Some(say.of("Belts and rollers", "Cintas y rodillos", "Ленты и ролики")),
                            icon: Some("truck".to_owned()),
                            ..Pill::new("Conveyors", Color::Teal)
                        },
                        Pill::new("Sensors", Color::Pink),
                        Pill::new("Service", Color::Yellow),
                    ],
                }),
                fact(say.of("Web page", "Página web", "Сайт"), Cell::Contact { text: "javascript:alert(1)".to_owned(), href: "javascript:alert(1)".to_owned() }),
            ] }],
        },
        Section {
            id: "notes".to_owned(),
            title: Some(say.of("Notes", "Notas", "Заметки")),
            columns: 1,
            tab: false,
            parts: vec![Part::Facts { facts: vec![Fact {
                label: say.of("Description", "Descripción", "Описание"),
                cell: Cell::Long { text: "Line must run by the tomato season.\nThey compare us with two others; <b>price</b> is not the first concern, delivery is.".to_owned() },
                wide: true,
            }] }],
        },
    ]
}

fn related(say: Words) -> Vec<Section> {
    let column = |label: String, align| Column { label, align, fluid: false, sort: None };
    let quote = |number_: &str, state: Cell, cents| Row {
        href: Some("/quote/1".to_owned()),
        color: None,
        cells: vec![
            text(number_),
            state,
            date(format::date(say.0, Date::constant(2026, 11, 30)), Tone::Plain),
            number(format::money(say.0, Decimal::new(cents, 2), "EUR", 2)),
        ],
    };
    let table = Table {
        label: say.of("Quotes", "Presupuestos", "Коммерческие предложения"),
        columns: vec![
            column(say.of("Number", "Número", "Номер"), Align::Start),
            column(say.of("Status", "Estado", "Статус"), Align::Start),
            column(say.of("Valid until", "Válido hasta", "Действует до"), Align::Start),
            column(say.of("Total", "Total", "Итого"), Align::End),
        ],
        rows: vec![
            quote("Q-2026-0188", pill(say.of("Sent", "Enviado", "Отправлено"), Color::Blue), 24_850_000),
            quote("Q-2026-0171", pill(say.of("Expired", "Caducado", "Истекло"), Color::Gray), 26_100_000),
        ],
        totals: vec![
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            number(format::money(say.0, Decimal::new(50_950_000, 2), "EUR", 2)),
        ],
    };
    let quotes = Related {
        id: "r-quotes".to_owned(),
        title: table.label.clone(),
        headed: false,
        icon: "file-text".to_owned(),
        count: Count { n: 12, more: false },
        table,
        create: Some("/quote/new?opportunity=1".to_owned()),
        all: Some("/quote?opportunity=1".to_owned()),
    };
    let activities = Related {
        id: "r-activities".to_owned(),
        title: say.of("Activities", "Actividades", "Дела"),
        headed: true,
        icon: "calendar".to_owned(),
        count: Count { n: 0, more: false },
        table: Table { label: String::new(), columns: Vec::new(), rows: Vec::new(), totals: Vec::new() },
        create: Some("/activity/new?about=opportunity:1".to_owned()),
        all: None,
    };
    let next = fact(say.of("Next activity", "Próxima actividad", "Следующее дело"), Cell::Empty);
    let section =
        |id: &str, title: String, tab, parts| Section { id: id.to_owned(), title: Some(title), tab, columns: 1, parts };
    vec![
        section("s-quotes", quotes.title.clone(), false, vec![Part::Table(Box::new(quotes))]),
        section(
            "s-history",
            say.of("History", "Historial", "История"),
            true,
            vec![Part::Facts { facts: vec![next] }, Part::Table(Box::new(activities))],
        ),
    ]
}

fn history(say: Words) -> History {
    let entry = |who: &str, at: &str, event, via, changes| HistoryEntry {
        who: who.to_owned(),
        at: when(at),
        event,
        with: None,
        via,
        changes,
    };
    History {
        entries: vec![
            entry(
                "Ana Ruiz",
                &say.of("5 min ago", "hace 5 min", "5 мин назад"),
                Event::Updated,
                Via::Page,
                vec![
                    Change {
                        label: say.of("Stage", "Etapa", "Этап"),
                        old: pill(say.of("Needs analysis", "Análisis", "Анализ потребностей"), Color::Gray),
                        new: pill(say.of("Proposal", "Propuesta", "Предложение"), Color::Blue),
                    },
                    Change {
                        label: say.of("Amount", "Importe", "Сумма"),
                        old: number(format::money(say.0, Decimal::new(26_100_000, 2), "EUR", 2)),
                        new: number(format::money(say.0, Decimal::new(24_850_000, 2), "EUR", 2)),
                    },
                ],
            ),
            entry(
                "Fichero",
                &say.of("2 h ago", "hace 2 h", "2 ч назад"),
                Event::Updated,
                Via::Automation,
                vec![Change {
                    label: say.of("Owner", "Responsable", "Ответственный"),
                    old: Cell::Empty,
                    new: text("Ana Ruiz"),
                }],
            ),
            HistoryEntry {
                with: Some(link("Packing line <Zaragoza>", "/opportunity/2")),
                ..entry("Ana Ruiz", &say.of("yesterday", "ayer", "вчера"), Event::Merged, Via::Page, Vec::new())
            },
            entry(
                "Luis Ortega",
                &say.of("3 days ago", "hace 3 días", "3 дня назад"),
                Event::Created,
                Via::Import,
                Vec::new(),
            ),
        ],
        more: Some("/opportunity/1/history".to_owned()),
    }
}
