//! Which orders someone sees, and how much of each.

use ordermill_domain::ids::LocationId;
use ordermill_domain::role::Permission;
use ordermill_storage::order::{Filter, Stored};
use ordermill_storage::reservation;

use crate::permission::{About, Aspect, Forbidden, Principal, authorize};

/// Which orders someone sees. What is personal is masked for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of them.
    All,
    /// Open ones with stock at their own site.
    Site(LocationId),
    /// Of all of them what is about money, and nobody's name or address.
    Money,
}

impl Sight {
    /// The widest that one's roles give.
    ///
    /// # Errors
    /// [`Forbidden`] if they see none.
    pub fn of(principal: &Principal) -> Result<Self, Forbidden> {
        let may = |about: &About| authorize(principal, Permission::ReadOrders, about).is_ok();
        if may(&About::default()) {
            return Ok(Self::All);
        }
        if may(&About { aspect: Aspect::Money, ..About::default() }) {
            return Ok(Self::Money);
        }
        let site = principal.staff().and_then(|staff| staff.location);
        match site {
            Some(site) if may(&About { location: Some(site), ..About::default() }) => {
                Ok(Self::Site(site))
            }
            _ => Err(Forbidden(Permission::ReadOrders)),
        }
    }

    /// The same list, with what they do not see left out.
    pub fn narrow(self, filter: Filter) -> Filter {
        match self {
            Self::All => filter,
            Self::Site(site) => Filter { site: Some(site), ..filter },
            // Searching by phone would tell whose order it is.
            Self::Money => Filter { contact: None, ..filter },
        }
    }

    /// Whether they see this order, which holds or held this stock.
    pub fn sees(self, order: &Stored, reservations: &[reservation::Stored]) -> bool {
        match self {
            Self::All | Self::Money => true,
            Self::Site(site) => {
                let is_here =
                    |stored: &reservation::Stored| stored.reservation.facts().location == site;
                order.order.status().is_open() && reservations.iter().any(is_here)
            }
        }
    }

    /// Whether they see who gets it, masked.
    pub const fn shows_recipient(self) -> bool {
        !matches!(self, Self::Money)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordermill_base::Id;
    use ordermill_domain::ids::StaffId;
    use ordermill_domain::role::Role;

    use super::*;
    use crate::permission::StaffMember;

    #[test]
    fn each_role_sees_as_much_of_the_orders_as_its_work_needs() {
        let site = LocationId::from_raw(3);
        let of = |roles: &[Role], location| {
            Sight::of(&Principal::Staff(Arc::new(StaffMember {
                id: StaffId::from_raw(1),
                name: "Zhao".to_owned(),
                roles: roles.to_vec(),
                location,
            })))
        };
        assert_eq!(of(&[Role::Service], None), Ok(Sight::All));
        assert_eq!(of(&[Role::Operations], Some(site)), Ok(Sight::All));
        assert_eq!(of(&[Role::Warehouse], Some(site)), Ok(Sight::Site(site)));
        assert_eq!(of(&[Role::Finance], None), Ok(Sight::Money));
        assert_eq!(of(&[Role::Finance, Role::Service], None), Ok(Sight::All));
        for (roles, location) in [
            (&[][..], Some(site)),
            (&[Role::Warehouse], None),
            (&[Role::Logistics], Some(site)),
            (&[Role::Admin], Some(site)),
        ] {
            assert!(of(roles, location).is_err(), "{roles:?}");
        }
    }

    #[test]
    fn whoever_sees_money_only_does_not_search_by_phone() {
        let asked = Filter { contact: Some(7), ..Filter::default() };
        assert_eq!(Sight::Money.narrow(asked.clone()).contact, None);
        assert_eq!(Sight::All.narrow(asked).contact, Some(7));
    }
}
