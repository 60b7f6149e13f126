//! What administrators look after besides records.

use std::sync::Arc;

use fichero_store::system::job::{self, Claim, Lane, NewJob};
use fichero_store::{Isolation, Priority};
use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn settings_are_reached_from_the_menu_and_saved_on_their_page() {
    on_each(async |world| {
        world.add_person("root", "Root", "en", true).await;
        let mut root = world.browser("root").await;
        let home = root.open("/").await;
        let here = home.link("Settings").unwrap();
        let only = root.get(&here).await;
        assert_eq!((only.status, only.location()), (303, "/admin/settings/selling"));
        let page = root.open("/admin/settings/selling").await;
        assert!(!page.body.contains("save_and_new"), "there is one record of settings for each holder");
        let mut form = page.form("/selling_settings");
        assert_eq!(form.value("cap"), "20");
        form.set("cap", "35");
        let page = root.save(&form).await;
        assert!(page.text().contains("Created."), "{}", page.text());
        let action = page.part("class=\"form\" method=\"post\" action=\"", "\" novalidate").rsplit('"').next().unwrap();
        let mut form = page.form(action);
        assert_eq!(form.value("cap"), "35");
        form.set("cap", "40");
        let page = root.save(&form).await;
        assert!(page.text().contains("Saved."), "{}", page.text());
        assert_eq!(root.get("/admin/settings/nothing").await.status, 404);
    });
}

#[test]
fn the_definitions_are_always_in_the_menu_and_are_the_administrators() {
    on_each(async |world| {
        world.add_person("root", "Root", "en", true).await;
        let mut root = world.browser("root").await;
        assert_eq!(root.get("/admin").await.location(), "/admin/problems");
        let page = root.open(&root.clone().open("/").await.link("Definitions").unwrap()).await;
        assert!(page.text().contains("Deployment 1 (revision"), "{}", page.text());
        let mut ana = world.browser("ana").await;
        let home = ana.open("/").await;
        assert_eq!((home.link("Definitions"), home.link("Settings")), (None, None));
        for path in ["/admin/problems", "/admin/jobs", "/admin/settings", "/admin/settings/selling"] {
            let refused = ana.get(path).await;
            assert_eq!(refused.status, 403);
            assert!(refused.text().contains("This page is for administrators"), "{}", refused.text());
        }
        let mut form = root.open("/admin/settings/selling").await.form("/selling_settings");
        form.set("cap", "99");
        let token = ana.open("/deal/new").await.form("/deal").value("_csrf").to_owned();
        form.set("_csrf", &token);
        assert_eq!(ana.submit(&form).await.status, 403, "settings are the administrators'");
    });
}

/// A job that failed for the last time.
async fn bury(world: &World) {
    let buried = world.engine.write(Priority::Interactive, Isolation::ReadCommitted, |engine, _, tx| {
        let now = engine.clock().now();
        let payload = Arc::new(json!({}));
        let id = engine.ids().id(now);
        job::enqueue(tx, &NewJob { id, lane: Lane::Effect, kind: "follow".into(), key: None, due_at: now, payload })?;
        let claim = Claim { lane: Lane::Effect, limit: 1, worker: "test", now, lease_until: now };
        for claimed in job::claim(tx, &claim)? {
            job::bury(tx, &claimed, "the disk is <full>", now)?;
        }
        Ok::<_, fichero_engine::Refusal>(())
    });
    buried.await.unwrap();
}

#[test]
fn dead_jobs_are_listed_and_tried_again_by_a_button() {
    on_each(async |world| {
        world.add_person("root", "Root", "es", true).await;
        let mut root = world.browser("root").await;
        let home = root.open("/").await;
        let here = home.link("Tareas fallidas").unwrap();
        let page = root.open(&here).await;
        assert!(page.text().contains("No hay tareas fallidas"), "{}", page.text());
        bury(world).await;
        let figures = world.stranger().get("/metrics").await.body;
        assert!(figures.contains("\nfichero_jobs_dead 1\n"), "{figures}");
        let page = root.open(&here).await;
        for said in ["follow", "the disk is <full>", "1 tarea ha fallado por última vez"] {
            assert!(page.text().contains(said), "{said}: {}", page.text());
        }
        let action = page.part("/admin/jobs/", "\"").to_owned();
        let form = page.form(&action);
        let mut forged = form.clone();
        forged.set("_csrf", "x");
        assert_eq!(root.submit(&forged).await.status, 403);
        let mut ana = world.browser("ana").await;
        let token = ana.open("/deal/new").await.form("/deal").value("_csrf").to_owned();
        forged.set("_csrf", &token);
        assert_eq!(ana.submit(&forged).await.status, 403, "jobs are the administrators'");
        let answer = root.submit(&form).await;
        assert_eq!((answer.status, answer.location()), (303, "/admin/jobs"));
        let page = root.open(&here).await;
        for said in ["Se vuelve a intentar.", "No hay tareas fallidas", "1 tarea más espera"] {
            assert!(page.text().contains(said), "{said}: {}", page.text());
        }
        assert_eq!(root.submit(&form).await.status, 404, "it is not dead any more");
        let nowhere = root.get("/admin/nothing").await;
        assert!(nowhere.status == 404 && !nowhere.text().contains("entidad"), "{}", nowhere.text());
    });
}
