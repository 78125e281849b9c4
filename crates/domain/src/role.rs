//! Roles: who may do what. Deny by default; the matrix is the one `match` in [`grants`].

use crate::code::coded;
use crate::ids::StaffId;

coded! {
    /// What a member of staff works as; a person may have several.
    enum Role {
        /// 客服.
        Service = "service",
        /// 仓储.
        Warehouse = "warehouse",
        /// 物流.
        Logistics = "logistics",
        /// 运营.
        Operations = "operations",
        /// 财务.
        Finance = "finance",
        /// Users, roles and keys; no business.
        Admin = "admin",
    }
}

coded! {
    /// A thing that needs a right.
    enum Permission {
        /// Read orders.
        ReadOrders = "read_orders",
        /// See a phone number or an address in full.
        RevealContact = "reveal_contact",
        /// Create an after-sale case.
        CreateAfterSale = "create_after_sale",
        /// Approve a refund up to the limit.
        ApproveRefund = "approve_refund",
        /// Approve a refund above the limit.
        ApproveLargeRefund = "approve_large_refund",
        /// Pay out and reconcile.
        PayOut = "pay_out",
        /// Change a status by hand.
        ChangeStatus = "change_status",
        /// Adjust stock up to the limit.
        AdjustStock = "adjust_stock",
        /// Adjust stock above the limit.
        AdjustStockOverLimit = "adjust_stock_over_limit",
        /// Change rules, prices and promotions up to the limit.
        ChangeRules = "change_rules",
        /// Change rules, prices and promotions above the limit.
        ChangeRulesOverLimit = "change_rules_over_limit",
        /// Manage users, roles and keys.
        ManageAccess = "manage_access",
        /// Read the audit log.
        ReadAuditLog = "read_audit_log",
    }
}

coded! {
    /// How far a right goes, the least first.
    enum Level {
        /// Not at all.
        Denied = "denied",
        /// With personal data masked.
        Masked = "masked",
        /// Only to approve what someone else asked for, or with a second person's approval.
        SecondApprover = "second_approver",
        /// Yes.
        Allowed = "allowed",
    }
}

coded! {
    /// What a right is limited to; the use case checks it.
    enum Scope {
        /// Not limited.
        Everything = "everything",
        /// The person's own location.
        OwnSite = "own_site",
        /// Shipments that the person handles.
        OwnShipments = "own_shipments",
        /// What is about money.
        Money = "money",
        /// With a reason, which is journaled.
        WithReason = "with_reason",
        /// On a printed label only.
        LabelPrint = "label_print",
        /// While the parcel is on its way.
        ActiveParcel = "active_parcel",
        /// The steps of picking and packing.
        PickAndPack = "pick_and_pack",
        /// The steps of shipping.
        Ship = "ship",
    }
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// How far the right goes.
    pub level: Level,
    /// What it is limited to.
    pub scope: Scope,
}

impl Grant {
    const DENIED: Self = Self::new(Level::Denied, Scope::Everything);
    const ALLOWED: Self = Self::new(Level::Allowed, Scope::Everything);
    const SECOND: Self = Self::new(Level::SecondApprover, Scope::Everything);

    const fn new(level: Level, scope: Scope) -> Self {
        Self { level, scope }
    }
}

/// What a role may do: the whole matrix. What is not named is denied.
pub const fn grants(role: Role, permission: Permission) -> Grant {
    use Permission as P;
    use Role as R;
    match (permission, role) {
        (P::ReadOrders, R::Service | R::Operations) => Grant::new(Level::Masked, Scope::Everything),
        (P::ReadOrders, R::Warehouse) => Grant::new(Level::Masked, Scope::OwnSite),
        (P::ReadOrders, R::Logistics) => Grant::new(Level::Masked, Scope::OwnShipments),
        (P::ReadOrders, R::Finance) => Grant::new(Level::Masked, Scope::Money),

        (P::RevealContact, R::Service) => Grant::new(Level::Allowed, Scope::WithReason),
        (P::RevealContact, R::Warehouse) => Grant::new(Level::Allowed, Scope::LabelPrint),
        (P::RevealContact, R::Logistics) => Grant::new(Level::Allowed, Scope::ActiveParcel),

        (P::CreateAfterSale | P::ApproveRefund, R::Service | R::Operations) => Grant::ALLOWED,
        (P::ApproveLargeRefund, R::Service | R::Operations) => Grant::SECOND,
        // Finance only confirms what service or operations approved.
        (P::ApproveRefund | P::ApproveLargeRefund, R::Finance) => Grant::SECOND,
        (P::PayOut, R::Finance) => Grant::ALLOWED,

        (P::ChangeStatus, R::Warehouse) => Grant::new(Level::Allowed, Scope::PickAndPack),
        (P::ChangeStatus, R::Logistics) => Grant::new(Level::Allowed, Scope::Ship),
        (P::ChangeStatus, R::Operations) => Grant::new(Level::Allowed, Scope::WithReason),

        (P::AdjustStock, R::Warehouse) => Grant::ALLOWED,
        (P::AdjustStockOverLimit, R::Warehouse) => Grant::SECOND,
        (P::AdjustStock | P::AdjustStockOverLimit, R::Operations) => Grant::SECOND,

        (P::ChangeRules, R::Operations) => Grant::ALLOWED,
        (P::ChangeRulesOverLimit, R::Operations) => Grant::SECOND,

        (P::ManageAccess | P::ReadAuditLog, R::Admin) => Grant::ALLOWED,
        (P::ReadAuditLog, R::Finance) => Grant::new(Level::Allowed, Scope::Money),
        _ => Grant::DENIED,
    }
}

/// What a person with several roles may do: every grant that is not a denial, to be checked by
/// scope; empty if it is denied.
pub fn grants_of(roles: &[Role], permission: Permission) -> impl Iterator<Item = Grant> {
    roles
        .iter()
        .map(move |&role| grants(role, permission))
        .filter(|grant| grant.level != Level::Denied)
}

/// Why an approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// Nobody approves their own request.
    #[error("nobody approves their own request")]
    OwnRequest,
    /// No role of the approver may.
    #[error("the approver has no right to {0}")]
    Denied(Permission),
}

/// Checks the approval of a request by a second person.
pub fn check_approval(
    permission: Permission,
    requester: StaffId,
    approver: StaffId,
    approver_roles: &[Role],
) -> Result<(), ApprovalError> {
    if requester == approver {
        return Err(ApprovalError::OwnRequest);
    }
    let may = grants_of(approver_roles, permission)
        .any(|grant| matches!(grant.level, Level::SecondApprover | Level::Allowed));
    if may { Ok(()) } else { Err(ApprovalError::Denied(permission)) }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    /// A new role or permission shows up here as a changed matrix to read.
    #[test]
    fn the_matrix() {
        let mut table = String::new();
        for permission in Permission::ALL {
            table.push_str(&format!("{permission}:"));
            for role in Role::ALL {
                let Grant { level, scope } = grants(role, permission);
                match (level, scope) {
                    (Level::Denied, _) => continue,
                    (level, Scope::Everything) => table.push_str(&format!(" {role}={level}")),
                    (level, scope) => table.push_str(&format!(" {role}={level}/{scope}")),
                }
            }
            table.push('\n');
        }
        insta::assert_snapshot!(table, @r"
        read_orders: service=masked warehouse=masked/own_site logistics=masked/own_shipments operations=masked finance=masked/money
        reveal_contact: service=allowed/with_reason warehouse=allowed/label_print logistics=allowed/active_parcel
        create_after_sale: service=allowed operations=allowed
        approve_refund: service=allowed operations=allowed finance=second_approver
        approve_large_refund: service=second_approver operations=second_approver finance=second_approver
        pay_out: finance=allowed
        change_status: warehouse=allowed/pick_and_pack logistics=allowed/ship operations=allowed/with_reason
        adjust_stock: warehouse=allowed operations=second_approver
        adjust_stock_over_limit: warehouse=second_approver operations=second_approver
        change_rules: operations=allowed
        change_rules_over_limit: operations=second_approver
        manage_access: admin=allowed
        read_audit_log: finance=allowed/money admin=allowed
        ");
    }

    #[test]
    fn nobody_approves_their_own_request() {
        let (one, other) = (StaffId::from_raw(1), StaffId::from_raw(2));
        let large = Permission::ApproveLargeRefund;
        let roles = [Role::Operations, Role::Finance];
        assert_eq!(check_approval(large, one, one, &roles), Err(ApprovalError::OwnRequest));
        assert_eq!(check_approval(large, one, other, &roles), Ok(()));
        let denied = Err(ApprovalError::Denied(large));
        assert_eq!(check_approval(large, one, other, &[Role::Warehouse]), denied);
        assert_eq!(check_approval(large, one, other, &[]), denied);
    }

    #[test]
    fn admins_do_no_business() {
        let business = Permission::ALL
            .into_iter()
            .filter(|p| !matches!(p, Permission::ManageAccess | Permission::ReadAuditLog));
        for permission in business {
            assert_eq!(grants(Role::Admin, permission), Grant::DENIED, "{permission}");
        }
    }
}
