//! The jobs that failed for the last time, and words of the interface that name no entity.

use std::sync::Arc;

use fichero_model::Id;
use fichero_store::system::job::{self, Claim, Lane, NewJob};
use fichero_store::{Isolation, Priority};
use serde_json::json;

use crate::world::{World, on_each};

/// A job that failed for the last time.
async fn bury(world: &World, why: &'static str) -> Id {
    let buried = world.engine.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
        let now = engine.clock().now();
        let id = engine.ids().id(now);
        let payload = Arc::new(json!({}));
        job::enqueue(tx, &NewJob { id, lane: Lane::Effect, kind: "follow".into(), key: None, due_at: now, payload })?;
        let claim = Claim { lane: Lane::Effect, limit: 1, worker: "test", now, lease_until: now };
        for claimed in job::claim(tx, &claim)? {
            job::bury(tx, &claimed, why, now)?;
        }
        Ok::<_, fichero_engine::Refusal>(id)
    });
    buried.await.unwrap()
}

#[test]
fn administrators_see_dead_jobs_and_have_them_tried_again() {
    on_each(async |world: &World| {
        let (boss, ana) = (world.admin().await, world.program("ana", false).await);
        assert_eq!(boss.get("/api/jobs").await.json["items"], json!([]));
        let id = bury(world, "the disk is full").await;
        let told = boss.get("/api/jobs").await;
        assert_eq!((told.status, &told.json["dead"]), (200, &json!(1)));
        let job = &told.json["items"][0];
        assert_eq!((&job["id"], &job["kind"], &job["attempts"]), (&json!(id.to_string()), &json!("follow"), &json!(1)));
        assert_eq!((&job["error"], &job["about"]), (&json!("the disk is full"), &json!(null)));

        let retry = format!("/api/jobs/{id}/retry");
        assert_eq!((ana.get("/api/jobs").await.status, ana.ask("POST", &retry, json!({})).await.status), (403, 403));
        assert_eq!(boss.ask("POST", &retry, json!({})).await.status, 204);
        let told = boss.get("/api/jobs").await.json;
        assert_eq!((&told["items"], &told["dead"], &told["ready"]), (&json!([]), &json!(0), &json!(1)));
        assert_eq!(boss.ask("POST", &retry, json!({})).await.status, 404, "it is not dead any more");
        assert_eq!(boss.ask("POST", "/api/jobs/x/retry", json!({})).await.status, 404);
    });
}

#[test]
fn a_word_of_the_interface_is_not_called_an_entity() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        for path in ["/api/workflows/runs", "/api/deadlines"] {
            let told = boss.get(path).await;
            assert_eq!(told.told(), (404, "In this release there is nothing at this address"), "{path}");
        }
        assert_eq!(boss.get("/api/nothing").await.told(), (404, "There is no entity “nothing”"));
    });
}
