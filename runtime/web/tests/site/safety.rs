//! Hostile values, hostile sites, people without rights.

use serde_json::json;

use crate::world::on_each;

const HOSTILE: &str = "</textarea><script>alert(1)</script>\" onmouseover='x' &amp; {{ 7 * 7 }}";

#[test]
fn hostile_values_are_shown_as_they_are_and_do_nothing() {
    on_each(async |world| {
        let firm = world.create("firm", json!({"name": HOSTILE, "site": "javascript:alert(1)", "city": HOSTILE})).await;
        let deal = world
            .create("deal", json!({"name": HOSTILE, "firm": firm, "notes": HOSTILE, "lines": [{"what": HOSTILE}]}))
            .await;
        let mut ana = world.browser("ana").await;
        let encoded = "%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%22";
        for path in [
            "/firm".to_owned(),
            format!("/firm?q={encoded}&city.text={encoded}"),
            format!("/firm/{firm}"),
            format!("/firm/{firm}/edit"),
            format!("/firm/{firm}/delete"),
            format!("/deal/{deal}"),
            format!("/deal/{deal}/edit"),
            format!("/deal/new?name={encoded}&notes={encoded}"),
            format!("/deal/new?_from={deal}"),
            "/".to_owned(),
        ] {
            let page = ana.open(&path).await;
            assert!(!page.body.contains("<script>alert"), "{path}");
            assert!(!page.body.contains("href=\"javascript:"), "{path}");
            assert!(!page.body.contains(">49<"), "{path}: values are no templates");
        }
        // Through a form and back it is the same text.
        let edit = format!("/deal/{deal}/edit");
        let mut form = ana.open(&edit).await.form(&edit);
        assert_eq!(form.value("name"), HOSTILE);
        form.set("name", "").set("notes", HOSTILE);
        let refused = ana.submit(&form).await;
        assert_eq!((refused.status, refused.form(&edit).value("notes")), (422, HOSTILE));
        let page = ana.get(&format!("/deal?view={encoded}")).await;
        assert!(page.status == 400 && !page.body.contains("<script>alert"));
    });
}

#[test]
fn nobody_is_sent_to_another_site() {
    on_each(async |world| {
        world.engine.set_password("ana", "correct horse").await.unwrap();
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
            let mut browser = world.stranger();
            let mut form = browser.open(&format!("/login?next={next}")).await.form("/login");
            assert_eq!(form.value("_next"), "/");
            form.set("_next", next).set("login", "ana").set("password", "correct horse");
            assert_eq!(browser.submit(&form).await.location(), "/", "{next}");
        }
    });
}

#[test]
fn a_post_from_elsewhere_changes_nothing() {
    on_each(async |world| {
        let mut ana = world.browser("ana").await;
        let mut form = ana.open("/firm/new").await.form("/firm");
        form.set("name", "Ebro");
        let token = form.value("_csrf").to_owned();

        let mut forged = form.clone();
        forged.set("_csrf", "forged");
        let mut without = form.clone();
        without.pairs.retain(|(name, _)| name != "_csrf");
        let refused = ana.submit(&forged).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("opened in another session"), "{}", refused.text());
        assert!(!refused.text().contains("Your role"), "{}", refused.text());
        let mut again = refused.form("/firm");
        assert_eq!(again.value("name"), "Ebro", "what was typed is not lost");
        assert!(ana.open("/firm").await.rows().is_empty());
        let refused = ana.submit(&without).await;
        assert_eq!(refused.status, 403);
        let text = refused.text();
        assert!(text.contains("This form was not taken") && text.contains("lacks the token"), "{text}");
        assert!(!text.contains("Your role"), "{text}");
        again.set("name", "Ebro 2");
        assert_eq!(ana.clone().submit(&again).await.status, 303, "it can be sent again");
        let rows = ana.open("/firm").await.rows();
        assert_eq!(rows, ["Ebro 2"]);
        for (header, value) in
            [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")]
        {
            let mut from = ana.clone();
            from.headers = vec![(header, value.to_owned())];
            assert_eq!(from.submit(&form).await.status, 403, "{header}: {value}");
        }
        // The token of one person is no good to another, nor before signing in.
        world.add_person("pablo", "Pablo", "en", false).await;
        assert_eq!(world.browser("pablo").await.submit(&form).await.status, 403);
        assert_eq!(world.stranger().submit(&form).await.status, 303);
        let mut from = ana.clone();
        from.headers = vec![("origin", "https://evil.example".to_owned())];
        let told = from.submit(&form).await.text();
        assert!(told.contains("sent from another site") && !told.contains("Ebro"), "{told}");
        let login = [("login", "ana"), ("password", "x"), ("_csrf", token.as_str()), ("_next", "/")];
        let mut stranger = world.stranger();
        stranger.open("/login").await;
        assert_eq!(stranger.post("/login", &login).await.status, 403);
        for path in ["/logout", "/preferences", "/firm/018f3c1e-0000-7000-8000-000000000001/delete"] {
            assert_eq!(ana.post(path, &[("_csrf", "x")]).await.status, 403, "{path}");
        }
        assert_eq!(ana.open("/firm").await.rows(), ["Ebro 2"]);
        let mut own = ana.clone();
        own.headers = vec![("origin", "http://crm.example".to_owned()), ("sec-fetch-site", "same-origin".to_owned())];
        assert_eq!(own.submit(&form).await.status, 303);
    });
}

#[test]
fn people_are_the_administrators() {
    on_each(async |world| {
        let me = world.engine.user_by_login("ana").await.unwrap().id;
        let mut ana = world.browser("ana").await;
        let page = ana.open("/user").await;
        assert!(page.link("Create").is_none());
        assert!(ana.open(&format!("/user/{me}")).await.link("Edit").is_none());
        for path in ["/user/new".to_owned(), format!("/user/{me}/edit"), format!("/user/{me}/delete")] {
            assert_eq!(ana.get(&path).await.status, 403, "{path}");
        }
        let csrf = page.form("/logout").value("_csrf").to_owned();
        let edit = format!("/user/{me}/edit");
        assert_eq!(ana.post(&edit, &[("_csrf", &csrf), ("admin", "true")]).await.status, 403);
        assert_eq!(world.get("user", &me.to_string()).await["admin"], false);
    });
}
