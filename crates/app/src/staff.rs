//! Members of staff: who may sign in, and as what they work.
//!
//! Changes go through [`Access::administer`], so that they count at once. Whoever changes something is
//! looked up again inside the transaction: rights that were just taken away do nothing any more.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, StaffId};
use ordermill_domain::role::{Permission, Role};
use ordermill_domain::staff::{Event, InvalidLogin, Login, Staff, StaffError};
use ordermill_storage::session::Holder;
use ordermill_storage::staff as stored;
use ordermill_storage::{Error, Tx, session};
use ordermill_vault::password::Verdict;
use ordermill_vault::{TokenDigest, TotpSecret};
use zeroize::Zeroizing;

use crate::access::{Access, PasswordError};
use crate::permission::{About, Forbidden, Principal, authorize};
use crate::privacy::Vault;
use crate::session::{SignInError, totp_place, use_totp};

/// Someone who is to sign in.
#[derive(Clone)]
pub struct NewStaff {
    /// What they sign in with.
    pub login: Login,
    /// What colleagues call them.
    pub name: String,
    /// What they work as.
    pub roles: Vec<Role>,
    /// Where they work.
    pub location: Option<LocationId>,
    /// The hash of their first password: [`Access::hash_password`].
    pub password: String,
}

/// What someone needs to set up their authenticator app. Shown once.
#[derive(Debug)]
pub struct TotpEnrollment {
    /// To be typed into an app that cannot scan.
    pub secret: Zeroizing<String>,
    /// The `otpauth://` address, for a QR code.
    pub uri: Zeroizing<String>,
}

/// Why staff could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeStaffError {
    /// They may not, or not any more.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such member of staff.
    #[error("{0} not found")]
    NotFound(StaffId),
    /// Someone else has this login.
    #[error("the login {0} is taken")]
    LoginTaken(Login),
    /// It has letters that no login has.
    #[error(transparent)]
    Login(#[from] InvalidLogin),
    /// There is an administrator already, who can make others.
    #[error("there is an administrator already")]
    AdminExists,
    /// The rules refuse it: own rights, nothing to change.
    #[error(transparent)]
    Refused(#[from] StaffError),
    /// The password that was typed is not the present one.
    #[error("the present password is wrong")]
    WrongPassword,
    /// The code that was typed is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// The new password may not be chosen, or too many wait.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<SignInError> for ChangeStaffError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Storage(error) => Self::Storage(error),
            SignInError::Overloaded => Self::Password(PasswordError::Overloaded),
            SignInError::Wrong | SignInError::WrongCode | SignInError::Wait(_) => Self::WrongCode,
        }
    }
}

/// Makes the first administrator of an installation. With `even_if_one_exists` also another one, for
/// whoever has the machine and has lost the password.
pub fn create_first_admin(
    tx: &mut Tx<'_>,
    act: &Act,
    new: &NewStaff,
    even_if_one_exists: bool,
) -> Result<StaffId, ChangeStaffError> {
    if !even_if_one_exists && !stored::active_admins(tx)?.is_empty() {
        return Err(ChangeStaffError::AdminExists);
    }
    let mut new = new.clone();
    new.roles.push(Role::Admin);
    insert(tx, act, &new)
}

/// Lets someone new sign in.
pub fn create(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    new: &NewStaff,
) -> Result<StaffId, ChangeStaffError> {
    check_manager(tx, principal, None)?;
    insert(tx, act, new)
}

/// Gives someone other roles or another location.
pub fn change_rights(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
    roles: &[Role],
    location: Option<LocationId>,
) -> Result<(), ChangeStaffError> {
    change(tx, principal, act, id, |staff, by| staff.change_rights(by, roles, location))
}

/// Lets someone sign in no more, and ends their sessions.
pub fn disable(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
) -> Result<(), ChangeStaffError> {
    change(tx, principal, act, id, Staff::disable)?;
    session::delete_of(tx, Holder::Staff(id), None)?;
    Ok(())
}

/// Lets someone sign in again.
pub fn enable(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
) -> Result<(), ChangeStaffError> {
    change(tx, principal, act, id, Staff::enable)
}

/// Gives someone another password, whose hash is `password`, and ends their sessions. For one's own
/// there is [`change_own_password`].
pub fn reset_password(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
    password: &str,
) -> Result<(), ChangeStaffError> {
    change(tx, principal, act, id, |staff, by| {
        if by == Some(id) { Err(StaffError::OwnRights) } else { Ok(staff.change_password()) }
    })?;
    stored::set_password(tx, id, password)?;
    session::delete_of(tx, Holder::Staff(id), None)?;
    Ok(())
}

/// Asks someone for no second factor any more: they lost their phone. Ends their sessions.
pub fn remove_totp(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
) -> Result<(), ChangeStaffError> {
    change(tx, principal, act, id, |staff, by| {
        if by == Some(id) { Err(StaffError::OwnRights) } else { staff.remove_totp() }
    })?;
    stored::set_totp(tx, id, None)?;
    session::delete_of(tx, Holder::Staff(id), None)?;
    Ok(())
}

/// Changes one's own password, proven by the present one. All other sessions end; that of
/// `session_token` goes on.
///
/// # Errors
/// See [`ChangeStaffError`].
pub async fn change_own_password(
    access: &Access,
    act: Act,
    id: StaffId,
    present: Zeroizing<String>,
    new: Zeroizing<String>,
    session_token: &str,
) -> Result<(), ChangeStaffError> {
    let found = access.database().read(move |tx| stored::credentials_of(tx, id)).await?;
    let found = found.ok_or(ChangeStaffError::NotFound(id))?;
    let verdict = access.verify_password(present, Some(found.password.clone())).await?;
    if verdict == Verdict::Wrong {
        return Err(ChangeStaffError::WrongPassword);
    }
    let hash = access.hash_password(new).await?;
    let keep = *TokenDigest::of(session_token).as_bytes();
    let write = move |tx: &mut Tx<'_>| {
        let mut staff = load(tx, id)?;
        let event = staff.change_password();
        save(tx, &act, &staff, &event)?;
        stored::set_password(tx, id, &hash)?;
        session::delete_of(tx, Holder::Staff(id), Some(&keep))?;
        Ok(())
    };
    access.administer(write).await
}

/// Makes a secret for one's own authenticator app. It is asked for once [`confirm_totp`] has seen a
/// code of it.
pub fn start_totp(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: StaffId,
) -> Result<TotpEnrollment, ChangeStaffError> {
    let staff = load(tx, id)?;
    if staff.facts().has_totp {
        // Whoever sits at an unlocked screen must not swap the second factor.
        return Err(StaffError::Unchanged.into());
    }
    let secret = TotpSecret::generate(vault.entropy());
    let sealed = vault.seal(totp_place(id), secret.as_bytes());
    stored::set_totp(tx, id, Some(&sealed))?;
    let uri = secret.uri("Ordermill", staff.facts().login.as_str());
    Ok(TotpEnrollment { secret: secret.to_base32(), uri })
}

/// Turns on one's own second factor with a first code of the app.
pub fn confirm_totp(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    id: StaffId,
    typed: &str,
) -> Result<(), ChangeStaffError> {
    let mut found = stored::credentials_of(tx, id)?.ok_or(ChangeStaffError::NotFound(id))?;
    if found.staff.facts().has_totp {
        return Err(StaffError::Unchanged.into());
    }
    use_totp(tx, vault, &found, typed, act.at)?;
    let event = found.staff.enable_totp();
    save(tx, act, &found.staff, &event)
}

fn insert(tx: &mut Tx<'_>, act: &Act, new: &NewStaff) -> Result<StaffId, ChangeStaffError> {
    if stored::credentials(tx, &new.login)?.is_some() {
        return Err(ChangeStaffError::LoginTaken(new.login.clone()));
    }
    let id = tx.next_id(act.at);
    let (staff, event) =
        Staff::create(id, new.login.clone(), &new.name, &new.roles, new.location, act.at)?;
    stored::insert(tx, &staff, &new.password)?;
    stored::record(tx, act, &staff, &event)?;
    Ok(id)
}

fn change(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: StaffId,
    decide: impl FnOnce(&mut Staff, Option<StaffId>) -> Result<Event, StaffError>,
) -> Result<(), ChangeStaffError> {
    check_manager(tx, principal, Some(id))?;
    let mut staff = load(tx, id)?;
    let event = decide(&mut staff, principal.staff().map(|staff| staff.id))?;
    save(tx, act, &staff, &event)
}

/// Checks that the principal may manage access *now*. Their row and that of `other` are locked in one
/// order, so that two administrators cannot disable each other at once.
fn check_manager(
    tx: &mut Tx<'_>,
    principal: &Principal,
    other: Option<StaffId>,
) -> Result<(), ChangeStaffError> {
    authorize(principal, Permission::ManageAccess, &About::default())?;
    let Some(own) = principal.staff().map(|staff| staff.id) else { return Ok(()) };
    let mut ids = vec![own];
    ids.extend(other);
    ids.sort_unstable();
    ids.dedup();
    let mut is_admin = false;
    for id in ids {
        let staff = stored::fetch_for_update(tx, id)?;
        is_admin |= id == own && staff.is_some_and(|staff| staff.is_active_admin());
    }
    if is_admin { Ok(()) } else { Err(Forbidden(Permission::ManageAccess).into()) }
}

fn load(tx: &mut Tx<'_>, id: StaffId) -> Result<Staff, ChangeStaffError> {
    stored::fetch_for_update(tx, id)?.ok_or(ChangeStaffError::NotFound(id))
}

fn save(tx: &mut Tx<'_>, act: &Act, staff: &Staff, event: &Event) -> Result<(), ChangeStaffError> {
    stored::update(tx, staff)?;
    Ok(stored::record(tx, act, staff, event)?)
}
