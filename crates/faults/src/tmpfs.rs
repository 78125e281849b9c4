//! A small disk of its own that can be filled to the last byte.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A disk in memory with a size, mounted in a folder of its own. Dropping it unmounts it.
#[derive(Debug)]
pub struct Tmpfs {
    directory: TempDir,
}

/// Why there is no disk.
#[derive(Debug, thiserror::Error)]
pub enum TmpfsError {
    /// Mounting is for root, and in a container only with the right to mount.
    #[error("a small disk needs the right to mount (root with CAP_SYS_ADMIN): {0}")]
    NotAllowed(String),
    /// Something else went wrong.
    #[error("cannot mount a small disk")]
    Io(#[from] io::Error),
}

impl Tmpfs {
    /// Mounts a disk with room for `bytes`.
    ///
    /// # Errors
    /// [`TmpfsError::NotAllowed`] on machines where the test's user may not mount.
    pub fn mount(bytes: u64) -> Result<Self, TmpfsError> {
        let directory = tempfile::Builder::new().prefix("ordermill-disk-").tempdir()?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=0777"), "ordermill-faults"])
            .arg(directory.path())
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(TmpfsError::NotAllowed(said.trim().into()));
        }
        Ok(Self { directory })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The room left, in bytes.
    ///
    /// # Errors
    /// When the disk cannot be asked.
    pub fn free(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(self.path())?;
        Ok(stat.f_bavail * stat.f_frsize)
    }

    /// Fills the disk until not one more byte fits.
    ///
    /// # Errors
    /// When it fails for another reason than a full disk.
    pub fn fill(&self) -> io::Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.ballast())?;
        let block = [0_u8; 4096];
        loop {
            match ballast.write(&block) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes away what [`Tmpfs::fill`] put there.
    ///
    /// # Errors
    /// When nothing was put there.
    pub fn empty(&self) -> io::Result<()> {
        fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a program under test may still hold a file, and its end frees the memory.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}
