//! Fields of files: what they take, whose files they may hold, who sees these, and how long they stay.

use serde_json::{Value as Json, json};

use crate::world::{Answer, Program, World, on_each};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and more";

async fn upload(program: &Program, name: &str, bytes: &[u8]) -> String {
    let made = program.send("POST", &format!("/api/files?name={name}"), &[], bytes).await;
    made.json["id"].as_str().unwrap().to_owned()
}

async fn status_of(program: &Program, file: &str) -> u16 {
    program.send("GET", &format!("/api/files/{file}/content"), &[], b"").await.status
}

/// The code and field of the first error.
fn refused(answer: &Answer) -> (u16, &str, &str) {
    let error = &answer.json["errors"][0];
    (answer.status, error["code"].as_str().unwrap_or_default(), error["field"].as_str().unwrap_or_default())
}

#[test]
fn a_record_holds_what_was_uploaded_for_it() {
    on_each(async |world: &World| {
        let (ana, boss) = (world.program("ana", false).await, world.admin().await);
        let scan = upload(&ana, "a.png", PNG).await;
        assert_eq!(status_of(&boss, &scan).await, 404, "it is nobody else's yet");
        let made = ana.ask("POST", "/api/paper", json!({"name": "A", "scan": scan})).await;
        assert_eq!((made.status, &made.json["scan"]), (201, &json!(scan)), "{}", made.json);
        assert_eq!(made.json["pages"], json!([]));
        assert_eq!(status_of(&boss, &scan).await, 200, "who sees the record sees the file");
        let told = boss.get(&format!("/api/files/{scan}")).await;
        assert_eq!(told.json["record"], json!({"entity": "paper", "id": made.json["id"]}));

        let paper = format!("/api/paper/{}", made.json["id"].as_str().unwrap());
        let (one, two) = (upload(&ana, "1.txt", b"one").await, upload(&ana, "2.txt", b"two").await);
        let saved = ana.ask("PATCH", &paper, json!({"pages": [two, one, two]})).await;
        assert_eq!(saved.json["pages"], json!([two, one]), "each once");
        let shown = ana.get(&format!("{paper}?expand=scan,pages")).await.json;
        let known = json!({"id": scan, "name": "a.png", "type": "image/png", "size": PNG.len()});
        for (name, value) in known.as_object().unwrap() {
            assert_eq!(&shown["scan"][name], value);
        }
        assert_eq!(shown["scan"]["hash"].as_str().map(str::len), Some(64));
        let names: Vec<&Json> = shown["pages"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
        assert_eq!(names, ["2.txt", "1.txt"]);

        let with = format!("/api/paper?where={}", "scan%20!%3D%20()");
        assert_eq!(ana.get(&with).await.json["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(ana.get(&format!("/api/paper?scan={scan}")).await.json["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(ana.get("/api/paper?sort=scan").await.json["code"], "bad_sort");
    });
}

#[test]
fn what_a_field_does_not_take_is_told_at_the_field() {
    on_each(async |world: &World| {
        let (ana, boss) = (world.program("ana", false).await, world.admin().await);
        let give =
            async |field: &str, value: Json| ana.ask("POST", "/api/paper", json!({"name": "A", field: value})).await;
        let page = upload(&ana, "offer.pdf", b"<html>no offer</html>").await;
        let answer = give("scan", json!(page)).await;
        assert_eq!(refused(&answer), (422, "file_type", "scan"));
        assert_eq!(answer.json["errors"][0]["message"], "“Scan” takes PDF, PNG; “offer.pdf” is HTML");
        let large = upload(&ana, "a.png", &[PNG, &[b'x'; 1_500]].concat()).await;
        let answer = give("scan", json!(large)).await;
        assert_eq!(refused(&answer), (422, "file_size", "scan"));
        assert_eq!(answer.json["errors"][0]["message"], "“Scan” takes files of at most 1 kB; “a.png” has 1.5 kB");
        let theirs = upload(&boss, "a.png", PNG).await;
        for (value, code) in [
            (json!("a.png"), "not_file"),
            (json!(7), "not_file"),
            (json!("018f3c1e-0000-7000-8000-000000000001"), "file_missing"),
            (json!(theirs), "file_missing"),
        ] {
            assert_eq!(refused(&give("scan", value).await), (422, code, "scan"));
        }
        let mut pages = Vec::new();
        for name in ["1", "2", "3", "4"] {
            pages.push(upload(&ana, name, name.as_bytes()).await);
        }
        assert_eq!(refused(&give("pages", json!(pages)).await), (422, "too_many_values", "pages"));

        let mine = upload(&ana, "a.png", PNG).await;
        assert_eq!(give("scan", json!(mine)).await.status, 201);
        assert_eq!(refused(&give("scan", json!(mine)).await), (422, "file_taken", "scan"));
        let free = upload(&ana, "b.txt", b"b").await;
        let twice = json!({"name": "B", "sheets": [{"photo": free}, {"photo": free}]});
        let answer = ana.ask("POST", "/api/paper", twice).await;
        assert_eq!(
            (answer.status, &answer.json["errors"][0]["code"]),
            (422, &json!("file_missing")),
            "{}",
            answer.json
        );
        let once = json!({"name": "B", "sheets": [{"photo": free}]});
        assert_eq!(ana.ask("POST", "/api/paper", once).await.status, 201, "nothing of the refused one was done");
    });
}

#[test]
fn an_upload_for_a_field_is_refused_at_once_where_the_field_does_not_take_it() {
    on_each(async |world: &World| {
        let ana = world.program("ana", false).await;
        let send = async |query: &str, bytes: &[u8]| ana.send("POST", &format!("/api/files?{query}"), &[], bytes).await;
        assert_eq!(send("for=paper.scan&name=a.png", PNG).await.status, 201);
        let answer = send("for=paper.scan&name=offer.pdf", b"<html>no offer</html>").await;
        assert_eq!(refused(&answer), (422, "file_type", "scan"));
        let answer = send("for=paper.scan&name=a.png", &[PNG, &[b'x'; 1_500]].concat()).await;
        assert_eq!((answer.status, &answer.json["code"]), (413, &json!("file_too_large")));
        assert_eq!(answer.json["detail"], "A file may have at most 1 kB");
        for query in ["for=paper.name&name=a", "for=paper&name=a", "for=nothing.scan&name=a", "of=paper.scan"] {
            let answer = send(query, PNG).await;
            assert_eq!((answer.status, &answer.json["code"]), (400, &json!("malformed")), "{query}");
        }
        assert_eq!(world.engine.files().list().unwrap().len(), 1);
    });
}

#[test]
fn a_replaced_file_stays_as_long_as_its_record() {
    on_each(async |world: &World| {
        use fichero_engine::worker;
        let boss = world.admin().await;
        worker::schedule(&world.engine).await.unwrap();
        let (old, new) = (upload(&boss, "old.png", PNG).await, upload(&boss, "new.pdf", b"%PDF-1.7\n").await);
        let made = boss.ask("POST", "/api/paper", json!({"name": "A", "scan": old})).await;
        let paper = format!("/api/paper/{}", made.json["id"].as_str().unwrap());
        assert_eq!(boss.ask("PATCH", &paper, json!({"scan": new})).await.status, 200);
        world.wait(72 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!((status_of(&boss, &old).await, status_of(&boss, &new).await), (200, 200));
        let history = boss.get(&format!("{paper}/history")).await.json;
        assert_eq!(history["items"][0]["changes"]["scan"], json!([old, new]), "{history}");
        assert_eq!(
            boss.ask("PATCH", &paper, json!({"scan": old})).await.json["scan"],
            json!(old),
            "it is its own still"
        );

        assert_eq!(boss.ask("DELETE", &paper, json!(null)).await.status, 204);
        world.wait(72 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!(world.engine.files().list().unwrap().len(), 2, "what lies in the trash may come back");
        assert_eq!(boss.ask("DELETE", &format!("{paper}?purge=true"), json!(null)).await.status, 204);
        assert_eq!((status_of(&boss, &old).await, status_of(&boss, &new).await), (404, 404));
        world.wait(25 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        assert!(world.engine.files().list().unwrap().is_empty());
    });
}
