//! The root key: the one secret that lives outside the database and wraps all others.
//!
//! It comes from a file that only its owner may read, or as base64 from the environment. Who has
//! the database without it has no personal data and no partner's credentials; who loses it has
//! lost them too, so it is backed up apart from the database.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::Entropy;
use crate::secret::Secret;

/// The key-encryption key, 256 bits.
#[derive(Debug, Clone)]
pub struct RootKey(pub(crate) Secret);

/// Why there is no root key to work with.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file cannot be read or written; a missing file is [`io::ErrorKind::NotFound`].
    #[error("root key file {path}")]
    File {
        /// The file asked for.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Others than the owner may read the file; `chmod 600` it, and consider the key as known.
    #[error("root key file {path} may be read by others (mode {mode:o}, wanted 600)")]
    Exposed {
        /// The file asked for.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not 32 bytes in base64.
    #[error("the root key is not 32 bytes in base64")]
    Malformed,
}

impl RootKey {
    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Secret::generate(entropy))
    }

    /// The key from its text, such as `openssl rand -base64 32` prints.
    pub fn from_base64(text: &str) -> Result<Self, RootKeyError> {
        let bytes = Zeroizing::new(
            BASE64_STANDARD.decode(text.trim()).map_err(|_| RootKeyError::Malformed)?,
        );
        Secret::from_slice(&bytes).map(Self).ok_or(RootKeyError::Malformed)
    }

    /// The key of a file, which must be readable by its owner alone.
    pub fn load(path: &Path) -> Result<Self, RootKeyError> {
        let in_file = |source| RootKeyError::File { path: path.to_owned(), source };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path).map_err(in_file)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(RootKeyError::Exposed { path: path.to_owned(), mode });
            }
        }
        Self::from_base64(&Zeroizing::new(fs::read_to_string(path).map_err(in_file)?))
    }

    /// Makes a new key and writes it to a new file of mode 0600, durably. A file that is there
    /// already is left alone and is an error ([`io::ErrorKind::AlreadyExists`]).
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, RootKeyError> {
        let key = Self::generate(entropy);
        let text = Zeroizing::new(format!("{}\n", *key.to_base64()));
        write_new(path, text.as_bytes())
            .map_err(|source| RootKeyError::File { path: path.to_owned(), source })?;
        Ok(key)
    }

    /// The key of the file, made on the first start.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, RootKeyError> {
        match Self::load(path) {
            Err(RootKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path, entropy)
            }
            loaded => loaded,
        }
    }

    /// The text for a backup or another machine.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.0.bytes()))
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // The name is durable only once the folder is: data sealed under a lost key is lost.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    /// A folder of the test's own, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir()
                .join(format!("ordermill-root-key-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn the_first_start_makes_the_key_and_later_ones_find_it() {
        let folder = Folder::new("found");
        let path = folder.0.join("root.key");
        let made = RootKey::load_or_create(&path, &OsEntropy).unwrap();
        let found = RootKey::load_or_create(&path, &OsEntropy).unwrap();
        assert_eq!(made.to_base64(), found.to_base64());
        assert!(matches!(
            RootKey::create(&path, &OsEntropy),
            Err(RootKeyError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("exposed");
        let path = folder.0.join("root.key");
        RootKey::create(&path, &OsEntropy).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(RootKey::load(&path), Err(RootKeyError::Exposed { mode: 0o640, .. })));
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        for text in ["", "c2hvcnQ=", "not base64!", &BASE64_STANDARD.encode([1; 33])] {
            assert!(matches!(RootKey::from_base64(text), Err(RootKeyError::Malformed)), "{text}");
        }
        assert!(RootKey::from_base64(&format!(" {}\n", BASE64_STANDARD.encode([1; 32]))).is_ok());
    }
}
