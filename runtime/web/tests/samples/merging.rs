//! Two records that are to be one.

use super::*;

pub fn compare(say: Words) -> MergePage {
    let side = |value: &str, cell, checked| MergeSide { value: value.to_owned(), cell, checked };
    let text = |text: &str| Cell::Text { text: text.to_owned() };
    let choice = |name: &str, label: String, stays, gone| MergeChoice {
        id: format!("m-{name}"),
        name: name.to_owned(),
        label,
        stays,
        gone,
    };
    let made = say.of("Created", "Creado", "Создано");
    MergePage {
        page: Page {
            crumbs: vec![link(&opportunity(say).plural, "/opportunity"), link("Cold storage", "/opportunity/2")],
            ..page(say, "/opportunity/2/merge?into=1")
        },
        entity: opportunity(say),
        stays: link("Cold storage, Valencia", "/opportunity/1"),
        gone: link("Cold <storage>", "/opportunity/2"),
        action: "/opportunity/2/merge".to_owned(),
        hidden: vec![
            Hidden { name: "_version".to_owned(), value: "3".to_owned() },
            Hidden { name: "_into_version".to_owned(), value: "7".to_owned() },
            Hidden { name: "into".to_owned(), value: "1".to_owned() },
        ],
        stale: false,
        changed: false,
        problems: Vec::new(),
        choices: vec![
            choice(
                "name",
                say.of("Name", "Nombre", "Название"),
                side("1", text("Cold storage, Valencia"), true),
                side("2", text("Cold <storage>"), false),
            ),
            choice(
                "amount",
                say.of("Amount", "Importe", "Сумма"),
                side("1", Cell::Empty, false),
                side("2", Cell::Number { text: "€248,500.00".to_owned() }, true),
            ),
        ],
        rows: vec![
            MergeRow { label: made, stays: text("2026-01-04"), gone: text("2026-03-02"), both: false },
            MergeRow {
                label: say.of("Partners", "Socios", "Партнёры"),
                stays: Cell::Links { items: vec![link("Ebro", "/account/1")] },
                gone: Cell::Links { items: vec![link("Zenith", "/account/2")] },
                both: true,
            },
        ],
        same: vec![Fact { label: say.of("City", "Ciudad", "Город"), cell: text("Valencia"), wide: false }],
        turned: vec![Affected {
            label: say.of("Quotes", "Presupuestos", "Коммерческие предложения"),
            n: 2,
            href: Some("/quote?opportunity=2".to_owned()),
        }],
    }
}

pub fn refused(say: Words) -> MergePage {
    let message = say.of("Name: too long", "Nombre: demasiado largo", "Название: слишком длинное");
    MergePage {
        stale: true,
        changed: true,
        problems: vec![FormProblem { id: Some("m-name".to_owned()), message }],
        ..compare(say)
    }
}

pub fn ask(say: Words) -> MergeAskPage {
    let MergePage { page, entity, gone, action, .. } = compare(say);
    MergeAskPage {
        page,
        entity,
        record: gone,
        action,
        alike: vec![link("Cold storage, Valencia", "/opportunity/2/merge?into=1")],
        field: Field {
            id: "f-into".to_owned(),
            name: "into".to_owned(),
            label: say.of("Other record", "Otro registro", "Другая запись"),
            required: false,
            help: None,
            errors: vec![say.of(
                "No other record is called that",
                "Ningún otro registro se llama así",
                "Такой записи нет",
            )],
            wide: true,
            input: Input::Ref {
                chosen: Some(Choice::new("", "Cold")),
                picker: Picker {
                    groups: vec![ChoiceGroup {
                        label: None,
                        choices: vec![Choice::new("1", "Cold storage, Valencia")],
                    }],
                    suggest: Some("/opportunity/suggest".to_owned()),
                },
            },
        },
    }
}
