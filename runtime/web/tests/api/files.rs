//! Files through the HTTP interface: what is taken, what is refused, who sees them, what becomes of those nobody needs.

use serde_json::json;

use crate::world::{Answer, Program, World, on_each};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and more";

async fn upload(program: &Program, name: &str, media: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/files?name={name}");
    program.send("POST", &path, &[("content-type", media)], bytes).await
}

fn multipart(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat()
}

fn url(answer: &Answer) -> String {
    answer.json["url"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_is_kept_and_given_back_to_its_uploader_alone() {
    on_each(async |world: &World| {
        let (ana, boss) = (world.program("ana", false).await, world.admin().await);
        let made = upload(&ana, "a%20photo.png", "text/plain", PNG).await;
        assert_eq!(made.status, 201, "{:?}", made.json);
        let (name, media, size) = (&made.json["name"], &made.json["type"], &made.json["size"]);
        assert_eq!((name, media, size), (&json!("a photo.png"), &json!("image/png"), &json!(PNG.len())));
        let id = made.json["id"].as_str().unwrap();
        assert_eq!(made.headers["location"], format!("/api/files/{id}"));

        let told = ana.get(&format!("/api/files/{id}")).await;
        assert_eq!((told.status, &told.json["hash"]), (200, &made.json["hash"]));
        assert_eq!((&told.json["record"], &told.json["created_at"]), (&json!(null), &json!("2026-03-02T09:00:00Z")));

        let content = ana.send("GET", &url(&made), &[], b"").await;
        assert_eq!((content.status, &*content.bytes), (200, PNG));
        assert_eq!(content.headers["content-type"], "image/png");
        assert_eq!(
            content.headers["content-disposition"],
            "inline; filename=\"a photo.png\"; filename*=UTF-8''a%20photo.png"
        );
        assert_eq!(content.headers["x-content-type-options"], "nosniff");
        assert!(content.headers["content-security-policy"].to_str().unwrap().ends_with("sandbox"));
        let tag = content.headers["etag"].to_str().unwrap();
        assert_eq!(ana.send("GET", &url(&made), &[("if-none-match", tag)], b"").await.status, 304);
        let part = ana.send("GET", &url(&made), &[("range", "bytes=1-3")], b"").await;
        assert_eq!((part.status, &*part.bytes), (206, &b"PNG"[..]));
        let beyond = ana.send("GET", &url(&made), &[("range", "bytes=999-")], b"").await;
        assert_eq!((beyond.status, &*beyond.bytes), (200, PNG));

        for path in [format!("/api/files/{id}"), url(&made)] {
            assert_eq!((boss.get(&path).await.status, world.stranger().get(&path).await.status), (404, 401), "{path}");
        }
        assert_eq!(ana.get("/api/files/x").await.status, 404);
        assert_eq!(world.stranger().send("POST", "/api/files?name=a", &[], PNG).await.status, 401);
    });
}

#[test]
fn types_and_names_are_not_believed() {
    on_each(async |world: &World| {
        let ana = world.program("ana", false).await;
        let program = upload(&ana, "photo.png", "image/png", b"MZ\x90\0\x03\0\0\0").await;
        assert_eq!(program.json["type"], "application/vnd.microsoft.portable-executable");
        let hostile = upload(&ana, "..%2F..%2Fetc%2Fpass%E2%80%AEgnp.exe%0D%0A", "image/png", PNG).await;
        assert_eq!(hostile.json["name"], "passgnp.exe");
        let drawing = upload(&ana, "logo.svg", "image/png", b"<svg><script>alert(1)</script></svg>").await;
        assert_eq!(drawing.json["type"], "image/svg+xml");
        for made in [program, drawing] {
            let content = ana.send("GET", &url(&made), &[], b"").await;
            assert!(content.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        }
        let sent = ana
            .send(
                "POST",
                "/api/files",
                &[("content-type", "multipart/form-data; boundary=x")],
                &multipart("año.txt", "Año".as_bytes()),
            )
            .await;
        assert_eq!(
            (sent.status, &sent.json["name"], &sent.json["type"]),
            (201, &json!("año.txt"), &json!("text/plain"))
        );
    });
}

#[test]
fn what_is_empty_cut_or_too_large_is_refused_and_leaves_nothing() {
    on_each(async |world: &World| {
        let ana = world.program("ana", false).await;
        let empty = upload(&ana, "a.txt", "text/plain", b"").await;
        assert_eq!((empty.status, &empty.json["code"]), (422, &json!("file_empty")));
        let form = [("content-type", "multipart/form-data; boundary=x")];
        let whole = multipart("a.txt", b"words");
        let cut = ana.send("POST", "/api/files", &form, &whole[..whole.len() - 9]).await;
        assert_eq!((cut.status, &cut.json["code"]), (400, &json!("upload_cut")));
        let none = ana.send("POST", "/api/files", &form, b"--x--\r\n").await;
        assert_eq!((none.status, &none.json["code"]), (400, &json!("one_file")));
        let large = vec![b'a'; 25_000_001];
        for answer in [
            upload(&ana, "a.txt", "text/plain", &large).await,
            ana.send("POST", "/api/files", &form, &multipart("a.txt", &large)).await,
        ] {
            assert_eq!((answer.status, answer.json["code"].as_str()), (413, Some("file_too_large")));
            assert_eq!(answer.json["detail"], "A file may have at most 25 MB");
        }
        assert_eq!(upload(&ana, "a.txt", "text/plain", &large[1..]).await.status, 201, "as large as may be");
        let kept = world.engine.files().list().unwrap();
        assert_eq!(kept.len(), 1, "{kept:?}");
    });
}

#[test]
fn what_nobody_needs_for_a_day_is_taken_away() {
    on_each(async |world: &World| {
        use fichero_engine::worker;
        let ana = world.program("ana", false).await;
        worker::schedule(&world.engine).await.unwrap();
        let old = upload(&ana, "a.txt", "", b"words").await;
        let other = upload(&ana, "b.txt", "", b"other words").await;
        world.wait(23 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!(ana.send("GET", &url(&old), &[], b"").await.status, 200);
        let new = upload(&ana, "c.txt", "", b"words").await;
        assert_eq!(world.engine.files().list().unwrap().len(), 2, "the same bytes are kept once");
        world.wait(2 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        for (file, status) in [(&old, 404), (&other, 404), (&new, 200)] {
            assert_eq!(ana.send("GET", &url(file), &[], b"").await.status, status);
        }
        assert_eq!(world.engine.files().list().unwrap(), [new.json["hash"].as_str().unwrap()]);
        world.wait(25 * 3600);
        worker::run_due(&world.engine).await.unwrap();
        assert!(world.engine.files().list().unwrap().is_empty());
    });
}
