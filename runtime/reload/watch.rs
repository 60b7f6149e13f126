//! Watches folders of definitions and calls once after each burst of changes.
//!
//! Editors write a file in several steps, and a checkout writes many files: what counts is that it has been quiet for
//! [`QUIET`]. The workspace's `data/` is not watched, for the database writes there all the time.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::event::{Event, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// How long nothing may change before the change counts as saved.
pub const QUIET: Duration = Duration::from_millis(200);

/// How long a burst may go on until it is looked at all the same.
const LONGEST: Duration = Duration::from_secs(3);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    Seen(notify::Result<Event>),
    Stop,
}

impl Watch {
    /// Watches a workspace folder. `saved` is called on a thread of its own after each burst of changes; it gives the
    /// folders outside the workspace (packs of its author) that are to be watched besides.
    ///
    /// # Errors
    /// When the folder cannot be watched.
    pub fn start(folder: &Path, mut saved: impl FnMut() -> Vec<PathBuf> + Send + 'static) -> notify::Result<Self> {
        let (stop, messages) = mpsc::channel();
        let seen = stop.clone();
        let watcher = notify::recommended_watcher(move |event| {
            // Nobody listens any more once the watch was dropped.
            let _ = seen.send(Message::Seen(event));
        })?;
        let mut folders = Folders { root: folder.to_owned(), watcher, watched: HashSet::new() };
        folders.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        folders.look_for_new();
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            while wait_for_burst(&messages, &mut folders) {
                let beside = saved();
                folders.add(beside);
            }
        });
        Ok(Self { stop, thread: Some(thread.map_err(notify::Error::io)?) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.stop.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits for a change and then for quiet. False when the watch is over.
fn wait_for_burst(messages: &Receiver<Message>, folders: &mut Folders) -> bool {
    let mut began: Option<Instant> = None;
    loop {
        let message = match began {
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(began) if began.elapsed() >= LONGEST => return true,
            Some(_) => messages.recv_timeout(QUIET),
        };
        match message {
            Ok(Message::Seen(Ok(event))) => {
                if folders.concerns(&event) {
                    began.get_or_insert_with(Instant::now);
                }
            }
            // Some events were lost: look at everything.
            Ok(Message::Seen(Err(error))) => {
                tracing::warn!(%error, "changes of files may have been missed");
                began.get_or_insert_with(Instant::now);
            }
            Err(RecvTimeoutError::Timeout) => return true,
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

struct Folders {
    root: PathBuf,
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
}

impl Folders {
    /// Whether definitions may have changed.
    fn concerns(&mut self, event: &Event) -> bool {
        match event.kind {
            EventKind::Access(_) => return false,
            EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any | EventKind::Other => {}
        }
        if event.paths.iter().any(|path| path.is_dir() && path.parent() == Some(&self.root)) {
            self.look_for_new();
        }
        event.need_rescan() || event.paths.iter().any(|path| self.may_hold_definitions(path))
    }

    fn may_hold_definitions(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy());
        let first = parts.next();
        if first.as_deref() == Some("data") || inside.components().any(|part| is_hidden(part.as_os_str())) {
            return false;
        }
        match path.extension().map(|extension| extension.to_string_lossy()) {
            Some(extension) => matches!(&*extension, "yaml" | "yml" | "rhai" | "lock"),
            // A folder that came, went or was renamed; of one that is gone nobody can say that it was one.
            None => !path.is_file(),
        }
    }

    /// Watches folders of the workspace that are not watched yet.
    fn look_for_new(&mut self) {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return };
        let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        let wanted = folders.filter(|path| path.file_name().is_some_and(|name| name != "data" && !is_hidden(name)));
        let wanted: Vec<PathBuf> = wanted.collect();
        self.add(wanted);
    }

    fn add(&mut self, folders: Vec<PathBuf>) {
        for folder in folders {
            // One that was watched, removed and made again must be watched anew.
            let again = self.watched.contains(&folder);
            if again {
                let _ = self.watcher.unwatch(&folder);
            }
            match self.watcher.watch(&folder, RecursiveMode::Recursive) {
                Ok(()) => {
                    self.watched.insert(folder);
                }
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "the folder cannot be watched"),
            }
        }
    }
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') && name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::fs;

    use super::*;

    /// Long enough for any machine; a test that waits so long has failed.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn watched(folder: &Path) -> (Watch, Receiver<()>) {
        let (told, calls) = mpsc::channel();
        let watch = Watch::start(folder, move || {
            let _ = told.send(());
            Vec::new()
        });
        (watch.expect("a folder can be watched"), calls)
    }

    #[test]
    fn a_burst_is_told_once() {
        let folder = fichero_test_support::scratch_dir();
        let (_watch, calls) = watched(folder.path());
        for number in 0..20 {
            fs::write(folder.path().join(format!("{number}.yaml")), "view: x\n").expect("a file is written");
        }
        calls.recv_timeout(PATIENCE).expect("the burst is told");
        assert_eq!(calls.recv_timeout(QUIET * 3), Err(RecvTimeoutError::Timeout), "and told once");
    }

    #[test]
    fn files_in_new_folders_are_seen() {
        let folder = fichero_test_support::scratch_dir();
        let (_watch, calls) = watched(folder.path());
        fs::create_dir(folder.path().join("views")).expect("a folder is made");
        calls.recv_timeout(PATIENCE).expect("the folder is told");
        fs::write(folder.path().join("views/deals.yaml"), "view: deals\n").expect("a file is written");
        calls.recv_timeout(PATIENCE).expect("the file in it is told");
    }

    #[test]
    fn the_database_and_other_files_are_passed_over() {
        let folder = fichero_test_support::scratch_dir();
        fs::create_dir(folder.path().join("data")).expect("a folder is made");
        let (_watch, calls) = watched(folder.path());
        fs::write(folder.path().join("data/fichero.db"), "x").expect("a file is written");
        fs::write(folder.path().join("notes.txt"), "x").expect("a file is written");
        fs::write(folder.path().join(".hidden.yaml"), "x").expect("a file is written");
        assert_eq!(calls.recv_timeout(QUIET * 4), Err(RecvTimeoutError::Timeout));
    }
}
