//! Pages in a real browser: what style and script make of them.

use std::time::Duration;

use fichero_test_support::Chromium;
use serde_json::{Value as Json, json};

use crate::world::{World, on_one};

/// Pages of a firm that are served to a browser.
pub struct Screen {
    pub chromium: Chromium,
    address: String,
}

impl Screen {
    /// A browser in front of the world's pages; nothing where the machine has none.
    pub async fn of(world: &World) -> Option<Self> {
        let chromium = tokio::task::spawn_blocking(Chromium::start).await.unwrap()?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, world.router.clone()).into_future());
        Some(Self { chromium, address })
    }

    /// Signs a person in.
    pub async fn sign_in(&self, world: &World, login: &str) {
        let secret = world.engine.create_token(login, "screen").await.unwrap();
        self.open("/healthz");
        self.chromium.keep("fichero_session", &secret);
    }

    pub fn open(&self, path: &str) {
        self.chromium.open(&format!("{}{path}", self.address));
    }

    pub fn number(&self, script: &str) -> f64 {
        self.chromium.run(&format!("return {script}")).as_f64().unwrap_or_else(|| panic!("{script} is no number"))
    }

    pub fn text(&self, script: &str) -> String {
        match self.chromium.run(&format!("return {script}")) {
            Json::String(text) => text.replace('\u{a0}', " "),
            other => panic!("{script} gave {other}"),
        }
    }
}

#[test]
fn no_page_scrolls_sideways_and_a_full_list_keeps_its_tabs() {
    on_one(async |world| {
        let Some(screen) = Screen::of(world).await else { return };
        world.add_person("pablo", "Pablo", "es", false).await;
        world.add_person("olga", "Olga", "ru", true).await;
        let long = "Conservas-y-Encurtidos-del-Ebro-Sociedad-Limitada-Unipersonal-de-Zaragoza";
        let firm =
            world.create("firm", json!({"name": long, "email": format!("{}@example.com", "a".repeat(60))})).await;
        let other = world.create("firm", json!({"name": format!("{long}-2"), "city": long})).await;
        let merge = format!("/firm/{firm}/merge?into={other}");
        let line = json!({"what": long, "quantity": 12, "price": "1234567.89"});
        let mut deal = String::new();
        for n in 0..55 {
            let body = json!({"name": format!("{long} {n}"), "firm": firm, "amount": "912345.67",
                "close_date": "2026-12-04", "kind": "renewal", "interests": ["belts", "sensors", "training"],
                "lines": [line, line]});
            deal = world.create("deal", body).await;
        }
        for login in ["ana", "pablo", "olga"] {
            screen.sign_in(world, login).await;
            for (width, height) in [(390, 844), (720, 900), (1440, 900)] {
                screen.chromium.resize(width, height);
                for path in [
                    "/",
                    "/deal",
                    "/deal/new",
                    "/firm",
                    &merge,
                    &format!("/deal/{deal}"),
                    &format!("/deal/{deal}/edit"),
                ] {
                    screen.open(path);
                    let wide = screen.number("document.documentElement.scrollWidth");
                    assert!(wide <= f64::from(width), "{path} for {login} is {wide} wide at {width}");
                }
            }
            // What two have changed, beside each other.
            screen.chromium.resize(390, 844);
            screen.open(&format!("/deal/{deal}/edit"));
            world.update("deal", &deal, json!({"name": format!("{login} {long}")})).await;
            screen.chromium.run(
                "document.querySelector('[name=name]').value = 'Mine'; \
                 document.querySelector('main form.form').requestSubmit()",
            );
            screen.chromium.wait_for("document.querySelector('.versus')");
            assert!(screen.number("document.documentElement.scrollWidth") <= 390.0, "a conflict of {login}");
            screen.chromium.resize(1440, 900);
            // The table of a list scrolls, what stands above it keeps its size.
            let tabs = "document.querySelector('.tabs').getBoundingClientRect().height";
            screen.open("/deal?q=zzz");
            let alone = screen.number(tabs);
            screen.open("/deal");
            assert_eq!(screen.number("document.querySelectorAll('[data-row]').length"), 50.0);
            assert!(alone > 20.0 && (screen.number(tabs) - alone).abs() < 0.5, "{alone} {}", screen.number(tabs));
        }
    });
}

#[test]
fn a_form_follows_what_is_typed() {
    on_one(async |world| {
        let Some(screen) = Screen::of(world).await else { return };
        let ebro = world.create("firm", json!({"name": "Ebro", "city": "Zaragoza"})).await;
        screen.sign_in(world, "ana").await;
        screen.chromium.resize(1440, 1200);
        screen.open("/deal/new");
        let value = |name: &str| screen.text(&format!("document.querySelector('[name=\"{name}\"]').value"));
        let shown = |name: &str| screen.text(&format!("document.querySelector('[data-field={name}]').textContent"));
        let choose = |name: &str, value: &str| {
            screen.chromium.run(&format!(
                "const of = document.querySelectorAll('[name=\"{name}\"]'); \
                 const input = [...of].find((one) => one.type === 'radio' && one.value === '{value}') ?? of[0]; \
                 if (input.type === 'radio') input.checked = true; else input.value = '{value}'; \
                 input.dispatchEvent(new Event('change', {{bubbles: true}}))"
            ));
        };
        // Computed values and formulas follow; what somebody is typing meanwhile stays.
        assert_eq!(value("probability"), "10");
        screen.chromium.type_into("[name=amount]", "1000");
        choose("stage", "offer");
        screen.chromium.type_into("[name=name]", "Be");
        screen.chromium.wait_for("document.querySelector('[name=probability]').value === '50'");
        assert!(shown("expected").contains("€500.00"), "{}", shown("expected"));
        screen.chromium.type_into("[name=name]", "lt");
        assert_eq!(value("name"), "Belt");
        // A section that shows in a stage shows with it, and goes again.
        choose("stage", "lost");
        screen.chromium.wait_for("document.querySelector('[data-field=loss_reason]')");
        choose("stage", "talk");
        screen.chromium.wait_for("!document.querySelector('[data-field=loss_reason]')");
        // A looked-up value.
        choose("firm", &ebro);
        screen.chromium.wait_for("document.querySelector('[data-field=city]')?.textContent.includes('Zaragoza')");
        // Sums of lines, and what cannot be read.
        screen.chromium.press("[data-add-line]");
        screen.chromium.type_into("[name=\"lines.0.what\"]", "Motor");
        screen.chromium.type_into("[name=\"lines.0.price\"]", "50");
        choose("lines.0.quantity", "3");
        screen.chromium.wait_for("document.querySelector('[data-line=\"0\"] output')?.textContent.includes('150')");
        screen.chromium.wait_for("document.querySelector('[data-field=total]')?.textContent.includes('150')");
        choose("units", "many");
        screen.chromium.wait_for("document.querySelector('[data-field=units] .error')");
        choose("units", "7");
        screen.chromium.wait_for("!document.querySelector('[data-field=units] .error')");
        // It is saved as it stands.
        screen.chromium.press(".form-foot .primary");
        screen.chromium.wait_for("location.pathname !== '/deal/new' && document.readyState === 'complete'");
        let id = screen.text("location.pathname.split('/').pop()");
        let saved = tokio::time::timeout(Duration::from_secs(30), world.get("deal", &id)).await.unwrap();
        assert_eq!(saved["name"], "Belt");
        assert_eq!(saved["total"], "150.00");
        assert_eq!(saved["probability"], "10.00", "nobody touched it, so it follows the stage");
    });
}
