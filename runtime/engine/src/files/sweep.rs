//! Taking away what nobody needs: files that no record ever got, and bytes that no file has.

use fichero_store::Tx;
use fichero_store::system::file;
use jiff::SignedDuration;

use crate::engine::Engine;
use crate::import::order;
use crate::refusal::Refusal;

/// How long a file may belong to nothing, and bytes may lie there without a file.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The most contents that go in one transaction; the rest go the next time.
const MOST: i64 = 500;

/// Takes away what was needed by nobody for a day. Bytes go inside the transaction that forgets them: whoever uploads the
/// same again waits for its end before putting theirs, and if it does not come to its end they are gone for nobody, since
/// no file has them, and will be forgotten the next time.
pub(crate) fn sweep(engine: &Engine, tx: &mut Tx) -> Result<(), Refusal> {
    let now = engine.clock().now();
    let before = now.checked_sub(KEPT).unwrap_or(now);
    order::sweep(tx, now)?;
    let loose = file::remove_loose(tx, before)?;
    let mut forgotten = 0;
    for hash in file::unused(tx, before, MOST)? {
        if file::forget(tx, &hash, before)? {
            let gone = engine.files().remove(&hash);
            gone.map_err(|error| Refusal::internal("the bytes of a file cannot be removed", &error))?;
            forgotten += 1;
        }
    }
    let swept = engine.files().sweep(before);
    swept.map_err(|error| Refusal::internal("unfinished uploads cannot be removed", &error))?;
    tracing::debug!(loose, forgotten, "swept files");
    Ok(())
}
