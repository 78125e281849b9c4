//! What can go wrong between a use case and the disk, sorted by what the caller does about it.

/// Why storage did not do what it was asked. The statement's text and values are never part of the
/// message: they may hold personal data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this key exists already.
    #[error("a unique key is taken")]
    UniqueViolation {
        /// The constraint or the columns, as the engine names them.
        constraint: String,
    },
    /// A rule of the schema (`CHECK`, `NOT NULL`) refused the row.
    #[error("a rule of the schema refused the row: {constraint}")]
    RuleViolation {
        /// The constraint, as the engine names it.
        constraint: String,
    },
    /// Two transactions got in each other's way; doing it again may work.
    #[error("the transaction lost a race and may be repeated")]
    Conflict,
    /// The disk is full; reading goes on.
    #[error("the disk is full")]
    StorageFull,
    /// More waits than the queue holds.
    #[error("too much is waiting to be written")]
    Overloaded,
    /// The database cannot be reached, or the process is stopping.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// The command panicked; nothing of it was kept.
    #[error("the command panicked")]
    Panicked,
    /// A stored value does not turn into its type.
    #[error("a stored value is not a {what}: {text:?}")]
    Unreadable {
        /// The type that was expected.
        what: &'static str,
        /// What was stored instead.
        text: String,
    },
    /// An update or a read missed a row that must be there.
    #[error("{0} changed or vanished meanwhile")]
    Stale(&'static str),
    /// Anything else of the engine: a defect of ours, or a disk that fails.
    #[error("the database failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address of the database cannot be read.
    #[error("{0}")]
    Address(String),
}

impl Error {
    /// Whether the same batch may succeed when it is run again.
    pub(crate) fn is_worth_repeating(&self) -> bool {
        matches!(self, Self::Conflict)
    }

    /// Whether the disk or the connection itself failed, so that nothing later can be trusted to
    /// have been written.
    pub(crate) fn is_fatal_to_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Engine(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return Self::Engine(error.into());
        };
        let constraint = || message.clone().unwrap_or_default();
        match (failure.code, failure.extended_code) {
            (
                Code::ConstraintViolation,
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID,
            ) => Self::UniqueViolation { constraint: constraint() },
            (Code::ConstraintViolation, _) => Self::RuleViolation { constraint: constraint() },
            (Code::DiskFull, _) => Self::StorageFull,
            (Code::DatabaseBusy | Code::DatabaseLocked, _) => Self::Conflict,
            _ => Self::Engine(error.into()),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState as State;
        let Some(db) = error.as_db_error() else {
            return if error.is_closed() || error.code().is_none() {
                Self::Unavailable(Some(error.into()))
            } else {
                Self::Engine(error.into())
            };
        };
        let constraint = || db.constraint().unwrap_or_default().to_owned();
        match *db.code() {
            State::UNIQUE_VIOLATION => Self::UniqueViolation { constraint: constraint() },
            State::CHECK_VIOLATION | State::NOT_NULL_VIOLATION => {
                Self::RuleViolation { constraint: constraint() }
            }
            State::T_R_SERIALIZATION_FAILURE | State::T_R_DEADLOCK_DETECTED => Self::Conflict,
            State::DISK_FULL => Self::StorageFull,
            State::ADMIN_SHUTDOWN
            | State::CRASH_SHUTDOWN
            | State::CANNOT_CONNECT_NOW
            | State::TOO_MANY_CONNECTIONS => Self::Unavailable(Some(error.into())),
            _ => Self::Engine(error.into()),
        }
    }
}
