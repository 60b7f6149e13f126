//! The file that rejected rows are written to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fichero_engine::import::is_rejects;

use super::super::Failure;

/// A file that is made when the first row is rejected, so that there is none when all went in. One that an earlier
/// import left is removed at the beginning, lest it be taken for this one's; any other file is left alone. A dry run
/// touches nothing where nobody has named the file.
pub struct Rejects {
    path: PathBuf,
    file: Option<io::BufWriter<File>>,
    is_dry: bool,
    began: bool,
}

impl Rejects {
    /// Rejects that will be written to `path`, of rows of `input`.
    ///
    /// # Errors
    /// When something is there that no import wrote, or it is the input itself.
    pub fn new(path: PathBuf, input: &Path, is_dry: bool) -> Result<Self, Failure> {
        if !is_dry {
            refuse_others(&path, input)?;
        }
        Ok(Self { path, file: None, is_dry, began: false })
    }

    /// Where rejected rows were written, if there are any.
    pub fn written(&self) -> Option<&Path> {
        self.file.as_ref().map(|_| self.path.as_path())
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.began {
            self.began = true;
            match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Refuses a path at which something would be lost.
fn refuse_others(path: &Path, input: &Path) -> Result<(), Failure> {
    let help = "Name another file for the rejected rows with --rejects";
    // What a link leads to counts: the file that would be lost may have many names.
    let found = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => return Ok(()),
        found => found.map_err(|error| Failure::file("look at", path, &error))?,
    };
    let shown = path.display();
    if is_same(path, input)? {
        return Err(
            Failure::new(format!("{shown} is the file to be imported; rejected rows would replace it")).help(help)
        );
    }
    let file = || File::open(path).map_err(|error| Failure::file("read", path, &error));
    if !found.is_file() || !is_rejects(file()?) {
        return Err(Failure::new(format!(
            "{shown} is there already and holds something else than the rejected rows of an import"
        ))
        .help(help));
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> Result<bool, Failure> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| Failure::file("find", path, &error));
    Ok(real(one)? == real(other)?)
}

impl Write for Rejects {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_dry {
            return Ok(bytes.len());
        }
        self.begin()?;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                self.path.parent().map_or(Ok(()), fs::create_dir_all)?;
                self.file.insert(io::BufWriter::new(File::create(&self.path)?))
            }
        };
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_dry {
            return Ok(());
        }
        self.begin()?;
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}
