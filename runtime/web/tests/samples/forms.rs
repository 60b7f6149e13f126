//! Forms: every kind of input, refused and not.

use super::*;

pub fn new(say: Words) -> FormPage {
    FormPage {
        page: Page { crumbs: vec![link(&opportunity(say).plural, "/opportunity")], ..page(say, "/opportunity/new") },
        entity: opportunity(say),
        title: None,
        action: "/opportunity/new".to_owned(),
        cancel: "/opportunity".to_owned(),
        hidden: Vec::new(),
        help: Some(say.of("Say what you know", "Diga lo que sepa", "Напишите, что знаете")),
        sections: vec![deal(say), everything(say)],
        open: None,
        changed: false,
        files: true,
        problems: Vec::new(),
        again: true,
        gone: None,
        duplicates: None,
    }
}

pub fn refused(say: Words) -> FormPage {
    let mut form = new(say);
    form.changed = true;
    form.again = false;
    form.title = Some("Packing line, Zaragoza plant".to_owned());
    form.hidden = vec![Hidden { name: "_version".to_owned(), value: "7".to_owned() }];
    let required = say.of("Enter a name", "Escriba un nombre", "Введите название");
    let amount =
        say.of("Amount: “12..5” is not a number", "Importe: «12..5» no es un número", "Сумма: «12..5» не число");
    let day = say.of(
        "Close date: “31.02” is not a date",
        "Fecha de cierre: «31.02» no es una fecha",
        "Дата закрытия: «31.02» не дата",
    );
    let discount = say.of(
        "Over 20% needs a manager",
        "Más del 20% requiere un gerente",
        "Скидку больше 20% утверждает руководитель",
    );
    form.problems = vec![
        FormProblem { id: Some("f-name".to_owned()), message: required.clone() },
        FormProblem { id: Some("f-amount".to_owned()), message: amount.clone() },
        FormProblem { id: Some("f-close_date".to_owned()), message: day.clone() },
        FormProblem { id: None, message: discount },
    ];
    for field in &mut form.sections[0].fields {
        match (field.name.as_str(), &mut field.input) {
            ("name", Input::Text { value, .. }) => {
                value.clear();
                field.errors = vec![required.clone()];
            }
            ("amount", Input::Money { value, .. }) => {
                *value = "12..5".to_owned();
                field.errors = vec![amount.clone()];
            }
            ("close_date", Input::Date { value }) => {
                *value = "31.02".to_owned();
                field.errors = vec![day.clone()];
            }
            _ => {}
        }
    }
    form
}

/// Of a record that somebody else deleted meanwhile.
pub fn gone(say: Words) -> FormPage {
    let mut form = new(say);
    form.changed = true;
    form.again = false;
    form.title = Some("Packing line, Zaragoza plant".to_owned());
    form.gone = Some(Gone {
        who: "Lucía Ferrer".to_owned(),
        at: when(&say.of("2 minutes ago", "hace 2 minutos", "2 минуты назад")),
        into: None,
        restore: true,
        copy: true,
    });
    form
}

pub fn lines(say: Words) -> FormPage {
    let quote = EntityHead {
        label: say.of("Quote", "Presupuesto", "Коммерческое предложение"),
        plural: say.of("Quotes", "Presupuestos", "Коммерческие предложения"),
        icon: "file-text".to_owned(),
        href: "/quote".to_owned(),
    };
    let mut table = field("lines", say.of("Lines", "Líneas", "Строки"), Input::Lines(sheet(say)));
    table.wide = true;
    table.required = true;
    FormPage {
        page: Page { crumbs: vec![link(&quote.plural, "/quote")], ..page(say, "/quote/1/edit") },
        entity: quote,
        title: Some("Q-2026-0188".to_owned()),
        action: "/quote/1/edit".to_owned(),
        cancel: "/quote/1".to_owned(),
        hidden: vec![Hidden { name: "_version".to_owned(), value: "3".to_owned() }],
        help: None,
        sections: vec![
            FormSection {
                id: "s-quote".to_owned(),
                title: None,
                help: None,
                tab: false,
                columns: 2,
                fields: vec![
                    Field { required: true, ..field("opportunity", opportunity(say).label, reference_input(true)) },
                    field(
                        "valid_until",
                        say.of("Valid until", "Válido hasta", "Действует до"),
                        Input::Date { value: "2026-12-15".to_owned() },
                    ),
                ],
            },
            FormSection {
                id: "s-lines".to_owned(),
                title: Some(say.of("Products", "Productos", "Товары")),
                help: None,
                tab: false,
                columns: 1,
                fields: vec![table],
            },
        ],
        open: None,
        changed: false,
        files: true,
        problems: Vec::new(),
        again: false,
        gone: None,
        duplicates: None,
    }
}

fn deal(say: Words) -> FormSection {
    let words = |value: &str| Input::Text { value: value.to_owned(), of: TextKind::Text };
    FormSection {
        id: "s-deal".to_owned(),
        title: Some(say.of("Deal", "Negocio", "Сделка")),
        help: None,
        tab: false,
        columns: 2,
        fields: vec![
            Field {
                required: true,
                wide: true,
                ..field("name", say.of("Name", "Nombre", "Название"), words("Packing line, Zaragoza plant"))
            },
            Field {
                required: true,
                ..field("account", say.of("Account", "Cuenta", "Компания"), reference_input(true))
            },
            field("territory", say.of("Territory", "Territorio", "Территория"), reference_input(false)),
            Field {
                help: Some(say.of("Before tax.", "Sin impuestos.", "Без налогов.")),
                ..field(
                    "amount",
                    say.of("Amount", "Importe", "Сумма"),
                    Input::Money {
                        value: "248500".to_owned(),
                        currency: "EUR".to_owned(),
                        currencies: vec!["EUR".to_owned(), "USD".to_owned(), "GBP".to_owned()],
                    },
                )
            },
            Field {
                required: true,
                ..field(
                    "close_date",
                    say.of("Close date", "Fecha de cierre", "Дата закрытия"),
                    Input::Date { value: "2026-12-04".to_owned() },
                )
            },
            field(
                "source",
                say.of("Source", "Origen", "Источник"),
                Input::Choice {
                    style: ChoiceStyle::Select,
                    value: "fair".to_owned(),
                    choices: vec![
                        choice("web", say.of("Web", "Web", "Сайт")),
                        choice("fair", say.of("Trade fair", "Feria", "Выставка")),
                    ],
                    blank: Some(String::new()),
                },
            ),
            field(
                "priority",
                say.of("Priority", "Prioridad", "Приоритет"),
                Input::Choice {
                    style: ChoiceStyle::Radio,
                    value: "normal".to_owned(),
                    choices: vec![
                        choice("low", say.of("Low", "Baja", "Низкий")),
                        choice("normal", say.of("Normal", "Normal", "Обычный")),
                        choice("high", say.of("High", "Alta", "Высокий")),
                    ],
                    blank: None,
                },
            ),
            field(
                "expected",
                say.of("Expected", "Esperado", "Ожидаемая сумма"),
                Input::Fixed { cell: number("€186,375.00") },
            ),
            field("tender", say.of("Public tender", "Concurso público", "Тендер"), Input::Boolean { checked: true }),
            Field {
                wide: true,
                ..field(
                    "description",
                    say.of("Description", "Descripción", "Описание"),
                    Input::Longtext {
                        value: "Line must run by the tomato season.\nThey compare us with two others.".to_owned(),
                        code: false,
                    },
                )
            },
        ],
    }
}

/// Files: one that stays, one that is done without, one that is a picture.
fn papers() -> Input {
    let item = |name: &str, chosen, kept, picture| FileItem {
        value: format!("id-of-{name}"),
        face: FileFace {
            name: name.to_owned(),
            size: "1.3 kB".to_owned(),
            href: format!("/api/files/id-of-{name}/content"),
            icon: if picture { "image" } else { "file-text" },
            picture,
            drawn: false,
        },
        chosen,
        kept,
    };
    Input::Files {
        items: vec![
            item("contract.pdf", true, true, false),
            item("<old>.pdf", false, false, false),
            item("photo.png", true, false, true),
        ],
        many: true,
        accept: ".pdf,.png".to_owned(),
        takes: "PDF, PNG".to_owned(),
        most: "25 MB".to_owned(),
        max: 25_000_000,
        upload: "/api/files?for=opportunity.papers".to_owned(),
        draw: false,
    }
}

fn everything(say: Words) -> FormSection {
    FormSection {
        id: "s-more".to_owned(),
        title: Some(say.of("Details", "Detalles", "Подробности")),
        help: Some(say.of("Everything here can wait.", "Todo esto puede esperar.", "С этим можно подождать.")),
        tab: false,
        columns: 2,
        fields: vec![
            field("papers", say.of("Papers", "Papeles", "Документы"), papers()),
            field(
                "email",
                say.of("E-mail", "Correo", "Эл. почта"),
                Input::Text { value: String::new(), of: TextKind::Email },
            ),
            field(
                "phone",
                say.of("Phone", "Teléfono", "Телефон"),
                Input::Text { value: "+34 976 000 000".to_owned(), of: TextKind::Tel },
            ),
            field(
                "discount",
                say.of("Discount", "Descuento", "Скидка"),
                Input::Number { value: "7,5".to_owned(), unit: Some("%".to_owned()) },
            ),
            field("units", say.of("Units", "Unidades", "Штук"), Input::Number { value: "12".to_owned(), unit: None }),
            field(
                "visit",
                say.of("Next visit", "Próxima visita", "Следующий визит"),
                Input::Datetime { value: "2026-11-25T09:30".to_owned(), zone: "Madrid".to_owned() },
            ),
            field(
                "call_at",
                say.of("Best time to call", "Mejor hora para llamar", "Когда звонить"),
                Input::Time { value: "16:00".to_owned() },
            ),
            field(
                "effort",
                say.of("Effort", "Esfuerzo", "Трудоёмкость"),
                Input::Duration { value: "2 h 30 min".to_owned() },
            ),
            field(
                "budget",
                say.of("Budget", "Presupuesto", "Бюджет"),
                Input::Money { value: String::new(), currency: "EUR".to_owned(), currencies: vec!["EUR".to_owned()] },
            ),
            Field {
                wide: true,
                ..field(
                    "interests",
                    say.of("Products of interest", "Productos de interés", "Интересующие товары"),
                    Input::Choices {
                        values: vec!["sensors".to_owned()],
                        kept: vec!["sensors".to_owned()],
                        choices: vec![
                            Choice {
                                help: Some(say.of("Belts and rollers", "Cintas y rodillos", "Ленты и ролики")),
                                icon: Some("truck".to_owned()),
                                ..choice("conveyors", "Conveyors")
                            },
                            choice("sensors", "Sensors"),
                            choice("service", "Service"),
                            choice("training", "Training"),
                        ],
                    },
                )
            },
            Field {
                wide: true,
                ..field(
                    "contacts",
                    say.of("Contacts", "Contactos", "Контакты"),
                    Input::Refs {
                        chosen: vec![choice("c1", "Pilar Gracia"), choice("c2", "Iñaki Lasa")],
                        kept: vec!["c1".to_owned()],
                        typed: String::new(),
                        picker: Picker {
                            groups: vec![ChoiceGroup { label: None, choices: vec![choice("c3", "Begoña Sáenz")] }],
                            suggest: Some("/contact/suggest".to_owned()),
                        },
                    },
                )
            },
            field(
                "teams",
                say.of("Teams", "Equipos", "Команды"),
                Input::Refs {
                    chosen: vec![choice("t1", "Iberia")],
                    kept: Vec::new(),
                    typed: String::new(),
                    picker: Picker {
                        groups: vec![ChoiceGroup {
                            label: None,
                            choices: vec![choice("t1", "Iberia"), choice("t2", "Export")],
                        }],
                        suggest: None,
                    },
                },
            ),
        ],
    }
}

fn reference_input(suggested: bool) -> Input {
    let few =
        ChoiceGroup { label: None, choices: vec![choice("1", "Conservas del Ebro"), choice("2", "Frutas Marina")] };
    match suggested {
        true => Input::Ref {
            chosen: Some(choice("1", "Conservas del Ebro")),
            picker: Picker { groups: vec![few], suggest: Some("/account/suggest".to_owned()) },
        },
        false => Input::Ref {
            chosen: None,
            picker: Picker {
                groups: vec![
                    ChoiceGroup {
                        label: Some("Iberia".to_owned()),
                        choices: vec![choice("t1", "Aragón"), choice("t2", "Valencia")],
                    },
                    ChoiceGroup { label: Some("Export".to_owned()), choices: vec![choice("t3", "France")] },
                ],
                suggest: None,
            },
        },
    }
}

fn sheet(say: Words) -> Lines {
    let column = |label: String, required, align| LineColumn { label, required, align };
    let (product, quantity) = (say.of("Product", "Producto", "Товар"), say.of("Quantity", "Cantidad", "Количество"));
    let (price, discount) = (say.of("Price", "Precio", "Цена"), say.of("Discount", "Descuento", "Скидка"));
    let subtotal = say.of("Subtotal", "Subtotal", "Сумма");
    let row = |index: &str, id: Option<&str>, chosen: Option<Choice>, count: &str, each: &str, off: &str, sum: &str| {
        let input = |name: &str, label: &str, input| Field {
            id: format!("f-lines-{index}-{name}"),
            ..field(&format!("lines.{index}.{name}"), label, input)
        };
        let digits =
            |value: &str, unit: Option<&str>| Input::Number { value: value.to_owned(), unit: unit.map(str::to_owned) };
        let mut fields = vec![
            input(
                "product",
                &product,
                Input::Ref {
                    chosen,
                    picker: Picker { groups: Vec::new(), suggest: Some("/product/suggest".to_owned()) },
                },
            ),
            input("quantity", &quantity, digits(count, None)),
            input("price", &price, digits(each, None)),
            input("discount", &discount, digits(off, Some("%"))),
            input("subtotal", &subtotal, Input::Fixed { cell: if sum.is_empty() { Cell::Empty } else { number(sum) } }),
        ];
        if count == "x" {
            fields[1].errors = vec![say.of("Not a number", "No es un número", "Не число")];
        }
        LineRow { index: index.to_owned(), id: id.map(str::to_owned), kept: false, fields }
    };
    Lines {
        columns: vec![
            column(product.clone(), true, Align::Start),
            column(quantity.clone(), true, Align::End),
            column(price.clone(), false, Align::End),
            column(discount.clone(), false, Align::End),
            column(subtotal.clone(), false, Align::End),
        ],
        rows: vec![
            row("0", Some("l1"), Some(choice("p1", "Conveyor C-400, 12 m")), "2", "98500", "5", "€187,150.00"),
            row("1", Some("l2"), Some(choice("p2", "Checkweigher")), "x", "24900", "", ""),
            row("2", None, Some(choice("p3", "Installation")), "1", "12500", "", "€12,500.00"),
        ],
        blank: row("~~", None, None, "1", "", "", ""),
    }
}

pub fn likely(say: Words) -> FormPage {
    let records = vec![link("Cold storage, Valencia", "/opportunity/1"), link("Cold storage", "/opportunity/2")];
    let duplicates = Duplicates { records, known: Some("1 2".to_owned()), merge: true };
    FormPage { duplicates: Some(duplicates), changed: true, ..new(say) }
}
