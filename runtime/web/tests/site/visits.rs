//! Coming in and going out, languages, surroundings.

use crate::world::on_each;

#[test]
fn who_is_not_signed_in_is_sent_to_the_log_in_and_back() {
    on_each(async |world| {
        world.engine.set_password("ana", "correct horse").await.unwrap();
        let mut browser = world.stranger();
        let sent = browser.get("/deal?view=big_deals&q=a%20b").await;
        assert_eq!(sent.status, 303);
        assert_eq!(sent.location(), "/login?next=%2Fdeal%3Fview%3Dbig_deals%26q%3Da%2520b");
        let page = browser.open(sent.location()).await;
        let mut form = page.form("/login");
        form.set("login", "ana").set("password", "wrong");
        let refused = browser.submit(&form).await;
        assert_eq!(refused.status, 401);
        assert!(refused.text().contains("Login and password do not match."));
        let mut again = refused.form("/login");
        assert_eq!(again.value("login"), "ana");
        again.set("password", "correct horse");
        let entered = browser.submit(&again).await;
        assert_eq!((entered.status, entered.location()), (303, "/deal?view=big_deals&q=a%20b"));
        let cookie = entered.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");

        let home = browser.open("/").await;
        assert!(home.text().contains("Good morning, Ana Ruiz"), "{}", home.text());
        // Who is signed in has no business at the log-in.
        assert_eq!(browser.get("/login?next=/firm").await.location(), "/firm");
        let left = browser.submit(&home.form("/logout")).await;
        assert_eq!(left.location(), "/login");
        assert!(!browser.cookies.contains_key("fichero_session"));
        assert_eq!(browser.get("/firm").await.status, 303);
    });
}

#[test]
fn a_session_that_has_ended_says_so() {
    on_each(async |world| {
        let mut browser = world.stranger();
        browser.cookies.insert("fichero_session".to_owned(), "forged".to_owned());
        let sent = browser.get("/firm").await;
        assert_eq!(sent.location(), "/login?next=%2Ffirm&expired=1");
        assert!(!browser.cookies.contains_key("fichero_session"));
        assert!(browser.open(sent.location()).await.text().contains("Your session has ended."));
        browser.headers = vec![("accept", "application/json".to_owned())];
        assert_eq!(browser.get("/firm/suggest?q=a").await.status, 401);
    });
}

#[test]
fn cookies_travel_by_tls_where_the_server_in_front_says_so() {
    on_each(async |world| {
        let mut browser = world.stranger();
        browser.headers = vec![("x-forwarded-proto", "https".to_owned())];
        let page = browser.open("/login").await;
        assert!(page.headers["set-cookie"].to_str().unwrap().contains("; Secure"));
    });
}

#[test]
fn pages_speak_three_languages() {
    on_each(async |world| {
        world.create("firm", serde_json::json!({"name": "Ebro"})).await;
        world.add_person("pablo", "Pablo", "es", false).await;
        world.add_person("olga", "Ольга", "ru", false).await;
        for (login, words) in [
            ("ana", ["Firms", "1 record", "Create", "Sales", "Deals"]),
            ("pablo", ["Empresas", "1 registro", "Crear", "Ventas", "Negocios"]),
            ("olga", ["Фирмы", "1 запись", "Создать", "Продажи", "Сделки"]),
        ] {
            let text = world.browser(login).await.open("/firm").await.text();
            for word in words {
                assert!(text.contains(word), "{login}: `{word}` is not in {text}");
            }
        }
        // Before anyone is signed in: as chosen, as the browser asks, as the workspace speaks.
        let mut browser = world.stranger();
        assert!(browser.open("/login").await.text().contains("Sign in"));
        assert!(browser.open("/login?lang=ru").await.text().contains("Войти"));
        browser.headers = vec![("accept-language", "es-MX, en;q=0.5".to_owned())];
        assert!(browser.open("/login").await.text().contains("Contraseña"));
    });
}

#[test]
fn what_a_reader_prefers_is_kept() {
    on_each(async |world| {
        let mut browser = world.browser("ana").await;
        let page = browser.open("/firm?q=a").await;
        let mut form = page.form("/preferences");
        form.add("locale", "es").add("theme", "dark");
        let back = browser.submit(&form).await;
        assert_eq!((back.status, back.location()), (303, "/firm?q=a"));
        let page = browser.open("/firm").await;
        assert!(page.body.contains("data-theme=\"dark\"") && page.text().contains("Empresas"));
        // The language is the person's, not the device's.
        assert!(world.browser("ana").await.open("/firm").await.text().contains("Empresas"));

        let mut stranger = world.stranger();
        let mut form = stranger.open("/login").await.form("/preferences");
        form.add("locale", "ru");
        assert_eq!(stranger.submit(&form).await.status, 303);
        assert!(stranger.open("/login").await.text().contains("Пароль"));
    });
}

#[test]
fn the_menu_marks_where_one_is_and_problems_are_the_administrators() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let current = |body: &str| {
            let marked = body.split("aria-current=\"page\"").skip(1);
            marked
                .map(|rest| {
                    rest.split("menu-text\">").nth(1).map_or("", |text| text.split('<').next().unwrap()).to_owned()
                })
                .next()
        };
        let menu = |page: &crate::browser::Page| page.part("<nav class=\"menu\"", "</nav>").to_owned();
        assert_eq!(current(&menu(&ana.open("/").await)).as_deref(), Some("Home"));
        assert_eq!(current(&menu(&ana.open("/deal").await)).as_deref(), Some("Deals"));
        assert_eq!(current(&menu(&ana.open("/deal?view=big_deals").await)).as_deref(), Some("Big deals"));
        // What the workspace declares is found although its menu does not lead there.
        assert_eq!(ana.open("/").await.link("People").as_deref(), Some("/person"));
        assert_eq!(ana.get("/admin/problems").await.status, 403);
        assert_eq!(ana.get("/admin/watch").await.status, 403);

        world.add_person("boss", "Boss", "en", true).await;
        let mut boss = world.browser("boss").await;
        assert!(boss.open("/admin/problems").await.text().contains("No problems"));
        let state = boss.open("/admin/watch").await;
        assert_eq!(state.body, format!(r#"{{"revision":"{}","problems":0}}"#, world.engine.live().model.revision));
    });
}

#[test]
fn addresses_that_lead_nowhere_are_told_to_people_and_to_programs() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        for path in [
            "/nothing",
            "/nothing/at/all/here",
            "/firm/not-an-id",
            "/firm/018f3c1e-0000-7000-8000-000000000001",
            "/firm?view=no",
        ] {
            let page = ana.get(path).await;
            assert!(matches!(page.status, 404 | 400) && page.is_html(), "{path}: {}", page.status);
            assert!(page.text().contains("Ana Ruiz"), "{path}: the reader is still signed in");
        }
        let unknown = ana.get("/firm?nmae=x").await;
        assert!(unknown.text().contains("did you mean “name”?"), "{}", unknown.text());
        let api = world.stranger().get("/api/nothing/at/all/here").await;
        assert_eq!((api.status, api.headers["content-type"].as_bytes()), (404, &b"application/problem+json"[..]));
        let lost = world.stranger().get("/a/b/c/d").await;
        assert_eq!(lost.status, 404);
        assert_eq!(ana.get("/assets/000000000000/style.css").await.status, 404);
    });
}

#[test]
fn records_one_looked_at_are_found_on_the_home_page() {
    on_each(async |world| {
        let ebro = world.create("firm", serde_json::json!({"name": "Ebro"})).await;
        let gone = world.create("firm", serde_json::json!({"name": "Gone"})).await;
        let mut ana = world.browser("ana").await;
        ana.open(&format!("/firm/{ebro}")).await;
        let page = ana.open(&format!("/firm/{gone}/delete")).await;
        ana.open(&format!("/firm/{gone}")).await;
        ana.submit(&page.form(&format!("/firm/{gone}/delete"))).await;
        let recent = ana.open("/").await.part("<section class=\"recent\"", "</section>").to_owned();
        assert!(recent.contains("Ebro") && !recent.contains("Gone"), "{recent}");
    });
}
