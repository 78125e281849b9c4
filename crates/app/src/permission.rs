//! Who asks, and whether they may. Deny by default: what no rule names is forbidden.
//!
//! The rules for staff are the matrix of [`ordermill_domain::role`]; here they are applied to a
//! [`Principal`] and to what the use case knows [`About`] the thing in question.

use std::sync::Arc;

use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor, Name};
use ordermill_domain::api_key::Scope as KeyScope;
use ordermill_domain::ids::{ApiKeyId, ChannelId, CustomerId, LocationId, OrderId, StaffId};
use ordermill_domain::role::{Level, Permission, Role, Scope, grants_of};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Someone in the shop.
    Buyer(Buyer),
    /// A member of staff.
    Staff(Arc<StaffMember>),
    /// A channel or an integration.
    ApiKey(Arc<KeyHolder>),
    /// A mechanism of Ordermill itself.
    System(Name),
}

/// What a buyer has proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buyer {
    /// Nothing.
    Visitor,
    /// They have the link of a guest's order.
    Guest(OrderId),
    /// They are signed in.
    Customer(CustomerId),
}

/// A member of staff who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub id: StaffId,
    /// What colleagues call them.
    pub name: String,
    /// What they work as.
    pub roles: Vec<Role>,
    /// Where they work.
    pub location: Option<LocationId>,
}

/// An API key that is worth something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// Which key.
    pub id: ApiKeyId,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// The only channel that it works for; all if none.
    pub channel: Option<ChannelId>,
}

/// What the use case knows of the thing in question, so that a limited right can be checked against
/// it. What is not stated grants nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    /// The order.
    pub order: Option<OrderId>,
    /// Whose order.
    pub customer: Option<CustomerId>,
    /// The channel that the order came from.
    pub channel: Option<ChannelId>,
    /// The place where the work is done.
    pub location: Option<LocationId>,
    /// Who handles the shipment.
    pub shipment_of: Option<StaffId>,
    /// A reason was stated.
    pub has_reason: bool,
    /// The part of the thing that is asked for.
    pub aspect: Aspect,
}

/// The part of a thing that is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Aspect {
    /// All of it.
    #[default]
    Whole,
    /// What is about money only.
    Money,
    /// What a printed label shows.
    Label,
    /// The recipient of a parcel that is on its way.
    ActiveParcel,
    /// A step of picking or packing.
    PickAndPack,
    /// A step of shipping.
    Ship,
}

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// With personal data masked.
    Masked,
    /// Only with a second person's approval, or to approve what someone else asked for.
    WithSecond,
    /// Without limits.
    Full,
}

/// The principal has no such right. Whether the thing exists is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no right to {0}")]
pub struct Forbidden(pub Permission);

/// The key lacks a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key lacks the scope {0}")]
pub struct MissingScope(pub KeyScope);

/// Checks a right; the most that any of the principal's grants gives.
///
/// # Errors
/// [`Forbidden`] if nothing grants it.
pub fn authorize(
    principal: &Principal,
    permission: Permission,
    about: &About,
) -> Result<Access, Forbidden> {
    let access = match principal {
        Principal::Buyer(buyer) => buyer.access(permission, about),
        Principal::Staff(staff) => staff.access(permission, about),
        Principal::ApiKey(key) => key.access(permission, about),
        Principal::System(_) => Some(Access::Full),
    };
    access.ok_or(Forbidden(permission))
}

impl Principal {
    /// A mechanism of Ordermill itself.
    ///
    /// # Panics
    /// As [`Name::fixed`].
    pub const fn system(name: &'static str) -> Self {
        Self::System(Name::fixed(name))
    }

    /// A visitor of the shop who has proven nothing.
    pub const VISITOR: Self = Self::Buyer(Buyer::Visitor);

    /// Who stands in the journal.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Buyer(Buyer::Customer(id)) => Actor::Buyer(Some(*id)),
            Self::Buyer(Buyer::Visitor | Buyer::Guest(_)) => Actor::Buyer(None),
            Self::Staff(staff) => Actor::Staff(staff.id),
            Self::ApiKey(key) => Actor::ApiKey(key.id),
            Self::System(name) => Actor::System(name.clone()),
        }
    }

    /// What accompanies a command of theirs into the journal.
    pub fn act(&self, at: Timestamp) -> Act {
        Act::new(self.actor(), at)
    }

    /// Whether there is anything for which they have a right: their own site, or a thing for which they
    /// state a reason. Which pages one may enter at all; what stands on a page is checked with what
    /// it is about. Steps of picking, packing and shipping, and shipments, are not kept yet.
    pub fn may_enter(&self, permission: Permission) -> bool {
        let location = self.staff().and_then(|staff| staff.location);
        [Aspect::Whole, Aspect::Money].into_iter().any(|aspect| {
            let about = About { location, has_reason: true, aspect, ..About::default() };
            authorize(self, permission, &about).is_ok()
        })
    }

    /// The member of staff, if it is one.
    pub fn staff(&self) -> Option<&StaffMember> {
        match self {
            Self::Staff(staff) => Some(staff),
            _ => None,
        }
    }

    /// The signed-in buyer, if it is one.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Buyer(Buyer::Customer(id)) => Some(*id),
            _ => None,
        }
    }

    /// Whether a buyer's own order is in question.
    pub fn owns(&self, about: &About) -> bool {
        matches!(self, Self::Buyer(buyer) if buyer.owns(about))
    }

    /// Checks what an API key may do; everybody else is checked by [`authorize`] alone.
    ///
    /// # Errors
    /// If it is a key without the scope.
    pub fn require_scope(&self, scope: KeyScope) -> Result<(), MissingScope> {
        match self {
            Self::ApiKey(key) if !key.scopes.contains(&scope) => Err(MissingScope(scope)),
            _ => Ok(()),
        }
    }
}

impl Buyer {
    fn owns(self, about: &About) -> bool {
        match self {
            Self::Visitor => false,
            Self::Guest(order) => about.order == Some(order),
            Self::Customer(id) => about.customer == Some(id),
        }
    }

    /// Buyers see their own orders whole, their own data included, and nothing else.
    fn access(self, permission: Permission, about: &About) -> Option<Access> {
        let is_own = permission == Permission::ReadOrders && self.owns(about);
        is_own.then_some(Access::Full)
    }
}

impl StaffMember {
    fn access(&self, permission: Permission, about: &About) -> Option<Access> {
        let applying =
            grants_of(&self.roles, permission).filter(|grant| self.is_within(grant.scope, about));
        let access = applying.filter_map(|grant| match grant.level {
            Level::Denied => None,
            Level::Masked => Some(Access::Masked),
            Level::SecondApprover => Some(Access::WithSecond),
            Level::Allowed => Some(Access::Full),
        });
        access.max()
    }

    fn is_within(&self, scope: Scope, about: &About) -> bool {
        match scope {
            Scope::Everything => true,
            Scope::OwnSite => self.is_at(about.location),
            Scope::OwnShipments => about.shipment_of == Some(self.id),
            Scope::Money => about.aspect == Aspect::Money,
            Scope::WithReason => about.has_reason,
            Scope::LabelPrint => about.aspect == Aspect::Label && self.is_at(about.location),
            Scope::ActiveParcel => {
                about.aspect == Aspect::ActiveParcel && about.shipment_of == Some(self.id)
            }
            Scope::PickAndPack => about.aspect == Aspect::PickAndPack && self.is_at(about.location),
            Scope::Ship => about.aspect == Aspect::Ship,
        }
    }

    fn is_at(&self, location: Option<LocationId>) -> bool {
        self.location.is_some() && self.location == location
    }
}

impl KeyHolder {
    fn access(&self, permission: Permission, about: &About) -> Option<Access> {
        let is_theirs = self.channel.is_none() || self.channel == about.channel;
        let may = |scope| self.scopes.contains(&scope);
        let access =
            match permission {
                Permission::ReadOrders if may(KeyScope::ReadOrders) => {
                    if may(KeyScope::ReadContacts) { Access::Full } else { Access::Masked }
                }
                Permission::ChangeStatus
                    if may(KeyScope::WriteOrders) || may(KeyScope::WriteReviews) =>
                {
                    Access::Full
                }
                Permission::ChangeStatus
                    if may(KeyScope::WriteWork)
                        && matches!(about.aspect, Aspect::PickAndPack | Aspect::Ship) =>
                {
                    Access::Full
                }
                Permission::ApproveRefund if may(KeyScope::WritePayments) => Access::Full,
                // Answering disputes is about money of all channels.
                Permission::PayOut if may(KeyScope::WritePayments) && self.channel.is_none() => {
                    return Some(Access::Full);
                }
                Permission::ApproveLargeRefund
                    if may(KeyScope::WritePayments) || may(KeyScope::WriteApprovals) =>
                {
                    Access::WithSecond
                }
                // What a key asks for above a limit, another approves; deciding what others ask for
                // takes the scope for it, which the addresses of approvals ask for.
                Permission::ChangeRulesOverLimit
                    if (may(KeyScope::WriteCatalog)
                        || may(KeyScope::WriteRules)
                        || may(KeyScope::WriteApprovals))
                        && self.channel.is_none() =>
                {
                    return Some(Access::WithSecond);
                }
                Permission::AdjustStockOverLimit
                    if (may(KeyScope::WriteStock) || may(KeyScope::WriteApprovals))
                        && self.channel.is_none() =>
                {
                    return Some(Access::WithSecond);
                }
                // Stock and prices belong to no channel: a key of one channel has no say in them.
                Permission::AdjustStock if may(KeyScope::WriteStock) && self.channel.is_none() => {
                    return Some(Access::Full);
                }
                Permission::ChangeRules
                    if (may(KeyScope::WriteCatalog) || may(KeyScope::WriteRules))
                        && self.channel.is_none() =>
                {
                    return Some(Access::Full);
                }
                _ => return None,
            };
        is_theirs.then_some(access)
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    const PERMISSIONS: [Permission; Permission::ALL.len()] = Permission::ALL;

    fn staff(roles: &[Role]) -> Principal {
        Principal::Staff(Arc::new(StaffMember {
            id: StaffId::from_raw(7),
            name: "Wang Fang".to_owned(),
            roles: roles.to_vec(),
            location: Some(LocationId::from_raw(1)),
        }))
    }

    fn key(scopes: &[KeyScope], channel: Option<i64>) -> Principal {
        Principal::ApiKey(Arc::new(KeyHolder {
            id: ApiKeyId::from_raw(7),
            scopes: scopes.to_vec(),
            channel: channel.map(ChannelId::from_raw),
        }))
    }

    /// Every aspect of a thing at the person's own site, handled by them, with a reason.
    fn everything_own() -> impl Iterator<Item = About> {
        let aspects = [
            Aspect::Whole,
            Aspect::Money,
            Aspect::Label,
            Aspect::ActiveParcel,
            Aspect::PickAndPack,
            Aspect::Ship,
        ];
        aspects.into_iter().map(|aspect| About {
            order: Some(OrderId::from_raw(1)),
            customer: Some(CustomerId::from_raw(1)),
            channel: Some(ChannelId::from_raw(1)),
            location: Some(LocationId::from_raw(1)),
            shipment_of: Some(StaffId::from_raw(7)),
            has_reason: true,
            aspect,
        })
    }

    /// A new role or permission shows up here as a changed table to read. In front of the stroke
    /// stands what a role may do with a thing of others without a reason, behind it the most it may.
    #[test]
    fn limits_of_roles_hold_outside_of_their_own() {
        let mut table = String::new();
        for role in Role::ALL {
            for permission in PERMISSIONS {
                let outside = authorize(&staff(&[role]), permission, &About::default());
                let inside = everything_own()
                    .filter_map(|about| authorize(&staff(&[role]), permission, &about).ok())
                    .max();
                if let Some(inside) = inside {
                    let outside = outside.map_or("-".to_owned(), |access| format!("{access:?}"));
                    table.push_str(&format!("{role} {permission}: {outside} / {inside:?}\n"));
                } else {
                    assert!(outside.is_err());
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        service read_orders: Masked / Masked
        service reveal_contact: - / Full
        service create_after_sale: Full / Full
        service approve_refund: Full / Full
        service approve_large_refund: WithSecond / WithSecond
        warehouse read_orders: - / Masked
        warehouse reveal_contact: - / Full
        warehouse change_status: - / Full
        warehouse adjust_stock: Full / Full
        warehouse adjust_stock_over_limit: WithSecond / WithSecond
        logistics read_orders: - / Masked
        logistics reveal_contact: - / Full
        logistics change_status: - / Full
        operations read_orders: Masked / Masked
        operations create_after_sale: Full / Full
        operations approve_refund: Full / Full
        operations approve_large_refund: WithSecond / WithSecond
        operations change_status: - / Full
        operations adjust_stock: WithSecond / WithSecond
        operations adjust_stock_over_limit: WithSecond / WithSecond
        operations change_rules: Full / Full
        operations change_rules_over_limit: WithSecond / WithSecond
        finance read_orders: - / Masked
        finance approve_refund: WithSecond / WithSecond
        finance approve_large_refund: WithSecond / WithSecond
        finance pay_out: Full / Full
        finance read_audit_log: - / Full
        admin manage_access: Full / Full
        admin read_audit_log: Full / Full
        ");
    }

    #[test]
    fn without_roles_or_scopes_nothing_is_allowed() {
        for permission in PERMISSIONS {
            for about in everything_own() {
                for nobody in [staff(&[]), key(&[], None), Principal::VISITOR] {
                    assert_eq!(
                        authorize(&nobody, permission, &about),
                        Err(Forbidden(permission)),
                        "{nobody:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn warehouse_staff_without_a_site_see_no_orders() {
        let homeless = Principal::Staff(Arc::new(StaffMember {
            id: StaffId::from_raw(7),
            name: "Zhao".to_owned(),
            roles: vec![Role::Warehouse],
            location: None,
        }));
        // Neither an order of some site nor one of which no site is known is theirs.
        for location in [None, Some(LocationId::from_raw(1))] {
            let about = About { location, ..About::default() };
            assert!(authorize(&homeless, Permission::ReadOrders, &about).is_err());
        }
    }

    #[test]
    fn buyers_see_their_own_orders_and_no_others() {
        let about = |order, customer: Option<i64>| About {
            order: Some(OrderId::from_raw(order)),
            customer: customer.map(CustomerId::from_raw),
            ..About::default()
        };
        let read = |buyer, about: &About| {
            authorize(&Principal::Buyer(buyer), Permission::ReadOrders, about).is_ok()
        };
        let (guest, customer) =
            (Buyer::Guest(OrderId::from_raw(1)), Buyer::Customer(CustomerId::from_raw(5)));
        assert!(read(guest, &about(1, None)));
        assert!(!read(guest, &about(2, None)));
        assert!(read(customer, &about(2, Some(5))));
        assert!(!read(customer, &about(2, Some(6))));
        assert!(!read(customer, &about(5, None)));
    }

    #[test]
    fn a_key_of_one_channel_sees_no_other_channel_and_masks_by_default() {
        let of = |channel: i64| About {
            channel: Some(ChannelId::from_raw(channel)),
            ..About::default()
        };
        let read = |principal: &Principal, channel| {
            authorize(principal, Permission::ReadOrders, &of(channel)).ok()
        };
        let orders = key(&[KeyScope::ReadOrders], Some(1));
        assert_eq!(read(&orders, 1), Some(Access::Masked));
        assert_eq!(read(&orders, 2), None);
        let contacts = key(&[KeyScope::ReadOrders, KeyScope::ReadContacts], None);
        assert_eq!(read(&contacts, 2), Some(Access::Full));
        assert_eq!(read(&key(&[KeyScope::ReadContacts], None), 1), None);
        assert_eq!(
            orders.require_scope(KeyScope::WriteOrders),
            Err(MissingScope(KeyScope::WriteOrders))
        );
    }
}
