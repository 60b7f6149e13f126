//! Secrets on pages: an input that shows nothing, keeps what is stored when it stays empty, and a box that removes it.

use serde_json::{Value as Json, json};

use crate::world::on_each_with;

const GATES: &str = "entity: gate\nfields:\n  name: {type: text, required: true}\n  token: {type: secret, max: 40}\n";

const SECRET: &str = "s3cr3t-plaintext";

#[test]
fn a_secret_is_typed_kept_and_removed_and_shown_nowhere() {
    on_each_with(GATES, async |world| {
        let mut ana = world.browser("ana").await;
        let new = ana.open("/gate/new").await;
        assert!(new.body.contains("type=\"password\""), "{}", new.body);
        let mut form = new.form("/gate");
        form.set("name", "North").set("token", SECRET);
        let saved = ana.save(&form).await;
        assert!(saved.text().contains("Stored"), "{}", saved.text());
        let it = saved.body.split("/gate/").nth(1).unwrap().get(..36).unwrap().to_owned();
        assert_eq!(world.get("gate", &it).await["token"], json!(true));

        let path = format!("/gate/{it}");
        let edit = ana.open(&format!("{path}/edit")).await;
        assert!(edit.text().contains("One is stored"), "{}", edit.text());
        let mut form = edit.form(&format!("{path}/edit"));
        assert_eq!(form.value("token"), "");
        form.set("name", "South");
        ana.save(&form).await;
        assert_eq!(world.get("gate", &it).await["token"], json!(true));

        // Where a form is refused, what was typed is not written back.
        let mut form = ana.open(&format!("{path}/edit")).await.form(&format!("{path}/edit"));
        form.set("name", "").set("token", "another-one");
        let refused = ana.submit(&form).await;
        assert_eq!(refused.status, 422);
        for page in [&refused, &ana.open(&path).await, &ana.open("/gate").await, &edit, &saved] {
            assert!(!page.body.contains(SECRET) && !page.body.contains("another-one"), "{}", page.body);
        }

        let mut form = ana.open(&format!("{path}/edit")).await.form(&format!("{path}/edit"));
        form.add("token.remove", "true");
        ana.save(&form).await;
        assert_eq!(world.get("gate", &it).await["token"], Json::Null);
    });
}
