//! Who did something.

use ordermill_domain::actor::Actor;

use crate::words::Words;

/// Who did something, without the names of people.
pub fn actor(actor: &Actor, t: Words) -> String {
    match actor {
        Actor::Buyer(_) => t.actor_buyer().into(),
        Actor::Staff(id) => id.to_string(),
        Actor::ApiKey(_) => t.actor_api_key().into(),
        Actor::Adapter(name) => t.actor_adapter(name.as_str()),
        Actor::System(name) => t.actor_system(mechanism(name.as_str(), t)),
    }
}

/// A mechanism of Ordermill itself; its bare name where it has no words, as those of later versions.
fn mechanism(name: &str, t: Words) -> &str {
    match name {
        "backorders" => t.mechanism_backorders(),
        "bulk" => t.mechanism_bulk(),
        "carriers" => t.mechanism_carriers(),
        "channel" => t.mechanism_channel(),
        "command_line" => t.mechanism_command_line(),
        "deadline" => t.mechanism_deadline(),
        "demo" | "history" => t.mechanism_demo(),
        "dispute-teller" => t.mechanism_dispute_teller(),
        "labels" => t.mechanism_labels(),
        "merges" => t.mechanism_merges(),
        "missing_pieces" => t.mechanism_missing_pieces(),
        "parcels" => t.mechanism_parcels(),
        "payment-poller" => t.mechanism_payment_poller(),
        "pick_lists" => t.mechanism_pick_lists(),
        "refund-sender" => t.mechanism_refund_sender(),
        "review" => t.mechanism_review(),
        "service" => t.mechanism_service(),
        "sourcing" => t.mechanism_sourcing(),
        "supplier" => t.mechanism_supplier(),
        "warehouse" => t.mechanism_warehouse(),
        "webhooks" => t.mechanism_webhooks(),
        name => name,
    }
}

crate::words! {
    actor_buyer = "买家", "The buyer";
    actor_api_key = "接口", "The API";
    actor_adapter(name) = "{name} 网关", "The gateway {name}";
    actor_system(name) = "系统（{name}）", "The system ({name})";
    mechanism_backorders = "补货分配", "waiting orders";
    mechanism_bulk = "批量处理", "bulk work";
    mechanism_carriers = "承运商", "carriers";
    mechanism_channel = "渠道", "channels";
    mechanism_command_line = "命令行", "command line";
    mechanism_deadline = "时限", "deadlines";
    mechanism_demo = "演示", "demo";
    mechanism_dispute_teller = "拒付争议", "disputes";
    mechanism_labels = "面单", "labels";
    mechanism_merges = "合并", "merging";
    mechanism_missing_pieces = "缺货处理", "missing pieces";
    mechanism_parcels = "包裹", "parcels";
    mechanism_payment_poller = "支付查询", "payment queries";
    mechanism_pick_lists = "拣货单", "pick lists";
    mechanism_refund_sender = "退款", "refunds";
    mechanism_review = "自动审核", "automatic review";
    mechanism_service = "客服", "service";
    mechanism_sourcing = "寻源", "sourcing";
    mechanism_supplier = "供应商", "suppliers";
    mechanism_warehouse = "仓库", "warehouse";
    mechanism_webhooks = "Webhook 推送", "webhooks";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn a_mechanism_is_told_in_the_language_of_the_reader_and_one_of_tomorrow_by_its_name() {
        let told = |name, language| actor(&Actor::system(name), Words::new(language));
        assert_eq!(told("review", Language::Zh), "系统（自动审核）");
        assert_eq!(told("review", Language::En), "The system (automatic review)");
        assert_eq!(told("history", Language::Zh), told("demo", Language::Zh));
        assert_eq!(told("of-tomorrow", Language::Zh), "系统（of-tomorrow）");
    }
}
