//! Lists, likely duplicates and the trash.

use fichero_web::ui::format;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::*;

pub fn list(say: Words) -> ListPage {
    ListPage {
        page: page(say, "/opportunity?view=open"),
        entity: opportunity(say),
        create: Some("/opportunity/new".to_owned()),
        trash: Some("/opportunity?trash=only".to_owned()),
        exports: vec![Export { label: "CSV".to_owned(), href: "/opportunity/export/csv?view=open".to_owned() }],
        import: Some("/opportunity/import".to_owned()),
        duplicates: None,
        tabs: vec![
            tab(say.of("My open", "Mis abiertas", "Мои открытые"), true),
            tab(say.of("All open", "Todas abiertas", "Все открытые"), false),
            tab(say.of("Closing this month", "Cierran este mes", "Закрываются в этом месяце"), false),
            tab(say.of("Won", "Ganadas", "Выигранные"), false),
        ],
        filters: filters(say),
        help: Some(say.of("What I am working on", "En lo que trabajo", "Над чем я работаю")),
        all: None,
        table: deals(say),
        count: Some(Count { n: 1000, more: true }),
        pager: Pager { previous: None, next: Some("/opportunity?cursor=abc".to_owned()) },
    }
}

pub fn empty(say: Words) -> ListPage {
    let mut list = list(say);
    list.tabs.clear();
    list.filters = Filters { quick: Vec::new(), more: Vec::new(), chips: Vec::new(), clear: None, ..list.filters };
    list.table.rows.clear();
    list.count = None;
    list
}

pub fn nothing(say: Words) -> ListPage {
    let mut list = list(say);
    list.filters.search = Some("zzz".to_owned());
    list.table.rows.clear();
    list.count = Some(Count { n: 0, more: false });
    list
}

pub fn view_empty(say: Words) -> ListPage {
    ListPage { all: Some("/opportunity?view=all".to_owned()), ..empty(say) }
}

pub fn wrong(say: Words) -> ListPage {
    let mut list = nothing(say);
    let amount = &mut list.filters.more[2];
    let message = say.of("Amount must be a number", "Importe debe ser un número", "Сумма: нужно число");
    amount.input = Input::Number { value: "abc".to_owned(), unit: None };
    amount.errors = vec![message.clone()];
    let chip = Chip {
        label: amount.label.clone(),
        text: format!("“abc”: {message}"),
        wrong: true,
        href: "/opportunity".to_owned(),
    };
    list.filters.chips = vec![chip];
    list.filters.wrong = true;
    list
}

pub fn trash(say: Words) -> TrashPage {
    let row = |title: &str, at: &str, by: &str, with| TrashRow {
        title: title.to_owned(),
        href: "/opportunity/9".to_owned(),
        at: when(at),
        by: by.to_owned(),
        with,
        restore: Some("/opportunity/9/restore".to_owned()),
        purge: Some("/opportunity/9/purge".to_owned()),
    };
    TrashPage {
        page: Page {
            crumbs: vec![link(&opportunity(say).plural, "/opportunity")],
            ..page(say, "/opportunity?trash=only")
        },
        entity: opportunity(say),
        rows: vec![
            row("Cold storage, Valencia", "2 hours ago", "Ana Ruiz", 3),
            row("Label printers", "4 days ago", "Luis Ortega", 0),
        ],
        pager: Pager::default(),
    }
}

pub fn duplicates(say: Words) -> DuplicatesPage {
    let pair = |one: &str, other: &str, number: u32| DuplicatePair {
        one: link(one, "/opportunity/1"),
        other: link(other, "/opportunity/2"),
        one_id: format!("{number}1"),
        other_id: format!("{number}2"),
        merge: Some(format!("/opportunity/{number}2/merge?into={number}1")),
    };
    DuplicatesPage {
        page: Page {
            crumbs: vec![link(&opportunity(say).plural, "/opportunity")],
            ..page(say, "/opportunity/duplicates")
        },
        entity: opportunity(say),
        search: Some("/opportunity/duplicates".to_owned()),
        wanted: false,
        at: Some(when("2 hours ago")),
        records: 1200,
        all: 2,
        groups: vec![
            DuplicateGroup {
                n: 3,
                pairs: vec![
                    pair("Cold storage, Valencia", "Cold storage Valencia", 1),
                    pair("Cold storage, Valencia", "Cold storages, Valencia", 2),
                ],
            },
            DuplicateGroup { n: 2, pairs: vec![pair("Label printers", "Label printer", 3)] },
        ],
        large: vec![LargeKey { n: 1400, record: link("Test", "/opportunity/3") }],
        pager: Pager::default(),
    }
}

pub fn duplicates_wanted(say: Words) -> DuplicatesPage {
    DuplicatesPage { wanted: true, at: None, groups: Vec::new(), large: Vec::new(), ..duplicates(say) }
}

pub fn trash_empty(say: Words) -> TrashPage {
    TrashPage { rows: Vec::new(), ..trash(say) }
}

fn tab(label: String, current: bool) -> Tab {
    Tab { label, icon: None, href: "/opportunity?view=x".to_owned(), current }
}

fn filters(say: Words) -> Filters {
    let stages = vec![
        choice("qualify", say.of("Qualify", "Calificar", "Квалификация")),
        choice("proposal", say.of("Proposal", "Propuesta", "Предложение")),
    ];
    let pick = |value: &str, choices| Input::Choice {
        style: ChoiceStyle::Select,
        value: value.to_owned(),
        choices,
        blank: Some(String::new()),
    };
    let owners = vec![choice("1", "Ana Ruiz"), choice("2", "Luis Ortega")];
    Filters {
        action: "/opportunity".to_owned(),
        hidden: vec![Hidden { name: "view".to_owned(), value: "open".to_owned() }],
        search: Some(String::new()),
        quick: vec![
            Field {
                id: "q-stage".to_owned(), ..field("stage", say.of("Stage", "Etapa", "Этап"), pick("", stages))
            },
            Field {
                id: "q-owner".to_owned(),
                ..field("owner", say.of("Owner", "Responsable", "Ответственный"), pick("1", owners))
            },
        ],
        more: vec![
            field(
                "close_from",
                say.of("Close date from", "Cierre desde", "Закрытие с"),
                Input::Date { value: String::new() },
            ),
            field(
                "close_to",
                say.of("Close date to", "Cierre hasta", "Закрытие по"),
                Input::Date { value: "2026-12-31".to_owned() },
            ),
            field(
                "amount_min",
                say.of("Amount at least", "Importe mínimo", "Сумма от"),
                Input::Number { value: String::new(), unit: Some("EUR".to_owned()) },
            ),
        ],
        chips: vec![Chip {
            label: say.of("Close date", "Fecha de cierre", "Дата закрытия"),
            text: format!("≤ {}", format::date(say.0, Date::constant(2026, 12, 31))),
            wrong: false,
            href: "/opportunity?view=open".to_owned(),
        }],
        sort: Some(Field {
            id: "q-sort".to_owned(),
            ..field(
                "sort",
                say.of("Sort by", "Ordenar por", "Сортировка"),
                pick("-amount", vec![choice("-amount", say.of("Amount ↓", "Importe ↓", "Сумма ↓"))]),
            )
        }),
        wrong: false,
        clear: Some("/opportunity".to_owned()),
    }
}

pub fn deals(say: Words) -> Table {
    let column = |label: String, align: Align, direction| Column {
        label,
        fluid: align == Align::Start,
        align,
        sort: Some(Sort { href: "/opportunity?sort=x".to_owned(), direction }),
    };
    let stages = [
        (say.of("Qualify", "Calificar", "Квалификация"), Color::Gray),
        (say.of("Proposal", "Propuesta", "Предложение"), Color::Blue),
        (say.of("Negotiation", "Negociación", "Переговоры"), Color::Purple),
        (say.of("Won", "Ganada", "Выиграна"), Color::Green),
        (say.of("Lost", "Perdida", "Проиграна"), Color::Red),
    ];
    let rows =
        DEALS.iter().enumerate().map(|(place, (title, account, cents, stage, chance, (month, day), owner))| Row {
            href: Some(format!("/opportunity/{place}")),
            color: (place == 2).then_some(Color::Red),
            cells: vec![
                text(*title),
                if account.is_empty() { Cell::Empty } else { reference(account, "/account/1") },
                pill(stages[*stage].0.clone(), stages[*stage].1),
                number(format::money(say.0, Decimal::new(*cents, 2), "EUR", 2)),
                Cell::Meter { text: format::percent(say.0, Decimal::from(*chance), None), percent: *chance },
                date(
                    format::date(say.0, Date::constant(2026, *month, *day)),
                    if place == 2 { Tone::Danger } else { Tone::Plain },
                ),
                person(owner),
            ],
        });
    Table {
        label: opportunity(say).plural,
        columns: vec![
            column(say.of("Name", "Nombre", "Название"), Align::Start, None),
            column(say.of("Account", "Cuenta", "Компания"), Align::Start, None),
            column(say.of("Stage", "Etapa", "Этап"), Align::Start, None),
            column(say.of("Amount", "Importe", "Сумма"), Align::End, Some(Direction::Descending)),
            Column {
                label: say.of("Probability", "Probabilidad", "Вероятность"),
                align: Align::Start,
                fluid: false,
                sort: None,
            },
            column(say.of("Close date", "Fecha de cierre", "Дата закрытия"), Align::Start, None),
            column(say.of("Owner", "Responsable", "Ответственный"), Align::Start, None),
        ],
        rows: rows.collect(),
        totals: Vec::new(),
    }
}

type Deal = (&'static str, &'static str, i64, usize, u8, (i8, i8), &'static str);

const DEALS: [Deal; 22] = [
    ("Packing line, Zaragoza plant", "Conservas del Ebro", 24_850_000, 2, 75, (12, 4), "Ana Ruiz"),
    ("Cold chain sensors", "Frutas Marina", 18_240_050, 1, 50, (11, 28), "Luis Ortega"),
    ("Warehouse scanners 2026", "Logística Norte", 9_600_000, 1, 50, (11, 9), "Ana Ruiz"),
    ("Annual maintenance", "Talleres Ibarra", 8_400_000, 3, 100, (11, 20), "Мария Котова"),
    (
        "Pallet wrapping machines with installation, training and three years of service",
        "Hermanos Soler e Hijos, Sociedad Limitada",
        7_715_000,
        0,
        10,
        (12, 18),
        "Luis Ortega",
    ),
    ("Label printers", "", 6_120_000, 1, 50, (12, 1), "Ana Ruiz"),
    ("Conveyor spare parts", "Conservas del Ebro", 5_999_990, 2, 75, (12, 11), "Ana Ruiz"),
    ("Forklift rental", "Puerto Seco Coslada", 5_400_000, 4, 0, (10, 30), "Jon Etxeberria"),
    ("Route planning", "Panadería Molina", 4_875_000, 0, 10, (12, 22), "Luis Ortega"),
    ("Energy monitoring", "Cerámicas Alcora", 4_650_000, 1, 50, (12, 9), "Мария Котова"),
    ("Barcode rollout", "Distribuciones Vega", 4_200_000, 2, 75, (12, 2), "Ana Ruiz"),
    ("Racking, second hall", "Logística Norte", 3_980_000, 1, 50, (12, 15), "Jon Etxeberria"),
    ("Temperature audit", "Lácteos Picos", 3_310_000, 0, 10, (12, 30), "Ana Ruiz"),
    ("Dock levellers", "Puerto Seco Coslada", 2_940_000, 2, 75, (12, 7), "Luis Ortega"),
    ("Yard cameras", "Transportes Duero", 2_450_000, 1, 50, (12, 12), "Мария Котова"),
    ("Mobile terminals", "Farmacias Unidas", 1_980_000, 1, 50, (12, 3), "Ana Ruiz"),
    ("Picking by light", "Farmacias Unidas", 1_875_500, 0, 10, (12, 20), "Jon Etxeberria"),
    ("Safety training", "Talleres Ibarra", 960_000, 3, 100, (11, 12), "Ana Ruiz"),
    ("Wrapping film", "Hermanos Soler", 845_000, 1, 50, (12, 5), "Luis Ortega"),
    ("Scale calibration", "Frutas Marina", 412_000, 2, 75, (11, 27), "Ana Ruiz"),
    ("Paper rolls", "Panadería Molina", 128_450, 0, 10, (12, 1), "Luis Ortega"),
    ("Sample kit", "Cerámicas Alcora", 9_900, 0, 10, (12, 24), "Мария Котова"),
];
