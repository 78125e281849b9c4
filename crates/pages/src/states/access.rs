//! Roles and rights in words.

use ordermill_domain::role::{Grant, Level, Permission, Role, Scope};

use crate::icon::Icon;
use crate::ui::{Badge, Tone};
use crate::words::Words;

/// What someone works as.
pub fn role(role: Role, t: Words) -> &'static str {
    match role {
        Role::Service => t.role_service(),
        Role::Warehouse => t.role_warehouse(),
        Role::Logistics => t.role_logistics(),
        Role::Operations => t.role_operations(),
        Role::Finance => t.role_finance(),
        Role::Admin => t.role_admin(),
    }
}

/// A thing that needs a right.
pub fn permission(permission: Permission, t: Words) -> &'static str {
    match permission {
        Permission::ReadOrders => t.may_read_orders(),
        Permission::RevealContact => t.may_reveal_contact(),
        Permission::CreateAfterSale => t.may_create_after_sale(),
        Permission::ApproveRefund => t.may_approve_refund(),
        Permission::ApproveLargeRefund => t.may_approve_large_refund(),
        Permission::PayOut => t.may_pay_out(),
        Permission::ChangeStatus => t.may_change_status(),
        Permission::AdjustStock => t.may_adjust_stock(),
        Permission::AdjustStockOverLimit => t.may_adjust_stock_over_limit(),
        Permission::ChangeRules => t.may_change_rules(),
        Permission::ChangeRulesOverLimit => t.may_change_rules_over_limit(),
        Permission::ManageAccess => t.may_manage_access(),
        Permission::ReadAuditLog => t.may_read_audit_log(),
    }
}

/// How far a right goes; `None` where there is none.
pub fn grant(grant: Grant, t: Words) -> Option<Badge> {
    let (tone, icon, word) = match grant.level {
        Level::Denied => return None,
        Level::Masked => (Tone::Blue, Icon::Eye, t.level_masked()),
        Level::SecondApprover => (Tone::Violet, Icon::Users, t.level_second()),
        Level::Allowed => (Tone::Green, Icon::Check, t.level_allowed()),
    };
    let word = match scope(grant.scope, t) {
        "" => word.to_owned(),
        scope => format!("{word} · {scope}"),
    };
    Some(Badge::new(tone, icon, word))
}

fn scope(scope: Scope, t: Words) -> &'static str {
    match scope {
        Scope::Everything => "",
        Scope::OwnSite => t.scope_own_site(),
        Scope::OwnShipments => t.scope_own_shipments(),
        Scope::Money => t.scope_money(),
        Scope::WithReason => t.scope_with_reason(),
        Scope::LabelPrint => t.scope_label_print(),
        Scope::ActiveParcel => t.scope_active_parcel(),
        Scope::PickAndPack => t.scope_pick_and_pack(),
        Scope::Ship => t.scope_ship(),
    }
}

crate::words! {
    role_service = "客服", "Service";
    role_warehouse = "仓储", "Warehouse";
    role_logistics = "物流", "Logistics";
    role_operations = "运营", "Operations";
    role_finance = "财务", "Finance";
    role_admin = "管理员", "Admin";
    may_read_orders = "查看订单", "Read orders";
    may_reveal_contact = "查看电话和地址明文", "Reveal phone and address";
    may_create_after_sale = "创建售后单", "Create after-sale cases";
    may_approve_refund = "审批限额内退款", "Approve refunds up to the limit";
    may_approve_large_refund = "审批超额退款", "Approve refunds above the limit";
    may_pay_out = "付款与对账", "Pay out and reconcile";
    may_change_status = "手工改状态", "Change a status by hand";
    may_adjust_stock = "限额内调整库存", "Adjust stock up to the limit";
    may_adjust_stock_over_limit = "超额调整库存", "Adjust stock above the limit";
    may_change_rules = "限额内改规则、价格、促销", "Change rules, prices, promotions";
    may_change_rules_over_limit = "超额改规则、价格、促销", "The same above the limit";
    may_manage_access = "管理人员、岗位、密钥", "Manage users, roles, keys";
    may_read_audit_log = "查看审计日志", "Read the audit log";
    level_masked = "脱敏", "Masked";
    level_second = "第二人", "Second";
    level_allowed = "可以", "Yes";
    scope_own_site = "本仓", "own site";
    scope_own_shipments = "本人运单", "own parcels";
    scope_money = "仅金额", "money";
    scope_with_reason = "写明原因", "with reason";
    scope_label_print = "仅打印面单", "labels only";
    scope_active_parcel = "在途包裹", "parcels on the way";
    scope_pick_and_pack = "拣货打包", "pick and pack";
    scope_ship = "发运", "shipping";
}

#[cfg(test)]
mod tests {
    use ordermill_domain::role::grants;

    use super::*;
    use crate::words::Language;

    #[test]
    fn a_right_that_is_not_granted_has_no_badge() {
        let t = Words::new(Language::En);
        assert_eq!(grant(grants(Role::Warehouse, Permission::ManageAccess), t), None);
        let masked = grant(grants(Role::Finance, Permission::ReadOrders), t).unwrap();
        assert_eq!((masked.tone, masked.word.as_str()), (Tone::Blue, "Masked · money"));
    }
}
