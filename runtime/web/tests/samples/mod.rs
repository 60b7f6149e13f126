//! Contexts that look like real pages: rendered into snapshots by `tests/pages.rs`, into a folder by
//! `examples/gallery.rs`. Words of definitions are given in the page's language, as a handler would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod forms;
mod imports;
mod lists;
mod merging;
mod others;
mod records;

use fichero_web::ui::context::*;
use fichero_web::ui::locale::Locale;
use fichero_web::ui::render::Renderer;

/// A rendered page with the name of its sample.
pub struct Sample {
    pub name: &'static str,
    pub html: String,
}

/// Every page in one language.
pub fn all(renderer: &Renderer, locale: Locale) -> Vec<Sample> {
    let say = Words(locale);
    let mut samples = Vec::new();
    let mut add = |name, html: Result<String, _>| {
        samples.push(Sample { name, html: html.unwrap_or_else(|error| panic!("{name}: {error}")) })
    };
    add("login", renderer.page(locale, &others::login(say)));
    add("login-refused", renderer.page(locale, &others::login_refused(say)));
    add("home", renderer.page(locale, &others::home(say)));
    add("list", renderer.page(locale, &lists::list(say)));
    add("list-empty", renderer.page(locale, &lists::empty(say)));
    add("list-nothing", renderer.page(locale, &lists::nothing(say)));
    add("list-view-empty", renderer.page(locale, &lists::view_empty(say)));
    add("list-wrong", renderer.page(locale, &lists::wrong(say)));
    add("record", renderer.page(locale, &records::record(say)));
    add("record-plain", renderer.page(locale, &records::plain(say)));
    add("record-trashed", renderer.page(locale, &records::trashed(say)));
    add("form-new", renderer.page(locale, &forms::new(say)));
    add("form-refused", renderer.page(locale, &forms::refused(say)));
    add("form-likely", renderer.page(locale, &forms::likely(say)));
    add("form-gone", renderer.page(locale, &forms::gone(say)));
    add("form-lines", renderer.page(locale, &forms::lines(say)));
    add("search", renderer.page(locale, &others::search(say)));
    add("settings", renderer.page(locale, &others::settings(say)));
    add("jobs", renderer.page(locale, &others::jobs(say)));
    add("jobs-none", renderer.page(locale, &others::no_jobs(say)));
    add("delete", renderer.page(locale, &others::delete(say)));
    add("delete-blocked", renderer.page(locale, &others::delete_blocked(say)));
    add("duplicates", renderer.page(locale, &lists::duplicates(say)));
    add("duplicates-wanted", renderer.page(locale, &lists::duplicates_wanted(say)));
    add("import", renderer.page(locale, &imports::start(say)));
    add("import-columns", renderer.page(locale, &imports::columns(say)));
    add("import-dry", renderer.page(locale, &imports::dry(say)));
    add("import-running", renderer.page(locale, &imports::running(say)));
    add("import-undone", renderer.page(locale, &imports::undone(say)));
    add("merge", renderer.page(locale, &merging::compare(say)));
    add("merge-refused", renderer.page(locale, &merging::refused(say)));
    add("merge-ask", renderer.page(locale, &merging::ask(say)));
    add("trash", renderer.page(locale, &lists::trash(say)));
    add("trash-empty", renderer.page(locale, &lists::trash_empty(say)));
    add("problems", renderer.page(locale, &others::problems(say)));
    add("problems-waiting", renderer.page(locale, &others::problems_waiting(say)));
    add("problems-none", renderer.page(locale, &others::no_problems(say)));
    add("conflict", renderer.page(locale, &others::conflict(say)));
    add("error-403", renderer.page(locale, &others::error(say, 403)));
    add("error-404-signed-out", renderer.page(locale, &others::error_signed_out(say)));
    add("error-409", renderer.page(locale, &others::error(say, 409)));
    add("error-500", renderer.page(locale, &others::error(say, 500)));
    samples
}

/// Chooses among three languages, as the model does.
#[derive(Clone, Copy)]
pub struct Words(pub Locale);

impl Words {
    pub fn of(self, en: &str, es: &str, ru: &str) -> String {
        match self.0 {
            Locale::En => en,
            Locale::Es => es,
            Locale::Ru => ru,
        }
        .to_owned()
    }
}

pub fn page(say: Words, path: &str) -> Page {
    let item = |icon: &str, href: &str, label: String| NavItem {
        label,
        icon: icon.to_owned(),
        color: None,
        href: href.to_owned(),
        note: None,
        current: path.starts_with(href),
    };
    Page {
        path: path.to_owned(),
        workspace: "Northwind Iberia".to_owned(),
        theme: Theme::Auto,
        csrf: "csrf-token".to_owned(),
        user: Some(User { name: "Ana Ruiz".to_owned(), login: "ana".to_owned(), href: Some("/user/1".to_owned()) }),
        nav: Nav {
            label: None,
            collapsed: false,
            groups: vec![
                NavGroup {
                    label: None,
                    items: vec![NavItem {
                        current: path == "/",
                        ..item("home", "/home", say.of("Home", "Inicio", "Главная"))
                    }],
                },
                NavGroup {
                    label: Some(say.of("Sales", "Ventas", "Продажи")),
                    items: vec![
                        item("megaphone", "/lead", say.of("Leads", "Clientes potenciales", "Лиды")),
                        item("target", "/opportunity", say.of("Opportunities", "Oportunidades", "Сделки")),
                        item("file-text", "/quote", say.of("Quotes", "Presupuestos", "Коммерческие предложения")),
                        item("box", "/product", say.of("Products", "Productos", "Товары")),
                    ],
                },
                NavGroup {
                    label: Some(say.of("Customers", "Clientes", "Клиенты")),
                    items: vec![
                        item("building", "/account", say.of("Accounts", "Cuentas", "Компании")),
                        item("users", "/contact", say.of("Contacts", "Contactos", "Контакты")),
                        item("calendar", "/activity", say.of("Activities", "Actividades", "Дела")),
                        item("no-such-icon", "/note", say.of("Notes", "Notas", "Заметки")),
                    ],
                },
            ],
        },
        crumbs: Vec::new(),
        notices: Vec::new(),
        watch: None,
    }
}

pub fn opportunity(say: Words) -> EntityHead {
    EntityHead {
        label: say.of("Opportunity", "Oportunidad", "Сделка"),
        plural: say.of("Opportunities", "Oportunidades", "Сделки"),
        icon: "target".to_owned(),
        href: "/opportunity".to_owned(),
    }
}

pub fn link(label: &str, href: &str) -> Link {
    Link { label: label.to_owned(), href: href.to_owned() }
}

pub fn when(text: &str) -> When {
    When { text: text.to_owned(), full: "23 Nov 2026, 09:41".to_owned(), iso: "2026-11-23T08:41:00Z".to_owned() }
}

pub fn text(text: impl Into<String>) -> Cell {
    Cell::Text { text: text.into() }
}

pub fn number(text: impl Into<String>) -> Cell {
    Cell::Number { text: text.into() }
}

pub fn pill(text: impl Into<String>, color: Color) -> Cell {
    Cell::Pill(Pill::new(text, color))
}

pub fn person(text: &str) -> Cell {
    Cell::Person { text: text.to_owned(), href: None }
}

pub fn reference(text: &str, href: &str) -> Cell {
    Cell::Link { text: text.to_owned(), href: href.to_owned() }
}

pub fn date(text: impl Into<String>, tone: Tone) -> Cell {
    Cell::Date { text: text.into(), iso: "2026-11-30".to_owned(), tone }
}

pub fn field(name: &str, label: impl Into<String>, input: Input) -> Field {
    Field {
        id: format!("f-{}", name.replace('.', "-")),
        name: name.to_owned(),
        label: label.into(),
        required: false,
        help: None,
        errors: Vec::new(),
        wide: false,
        input,
    }
}

pub fn choice(value: &str, text: impl Into<String>) -> Choice {
    Choice::new(value, text)
}
