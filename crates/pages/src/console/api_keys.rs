//! Keys of channels and integrations, `/console/admin/keys`.
//!
//! Creating posts `name`, `scopes` (several), `channel` and `key` to the list's address; the answer
//! is the list with the fresh key, shown this once. Revoking posts to
//! `/console/admin/keys/{id}/revoke`; `?revoke={id}` shows the page with its dialog open.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Checks, Choice, Dialog, Field, FormErrors, Tone, Views};
use crate::words::Words;

/// The list of keys with the form of a new one.
#[derive(Debug, Clone, Template)]
#[template(path = "console/api_keys.html")]
pub struct ApiKeysPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// Newest first.
    pub rows: Vec<ApiKeyRow>,
    /// The key that was just created: its name and its whole text. The answer goes out with
    /// `Cache-Control: no-store`.
    pub fresh: Option<(String, String)>,
    /// The form of a new one.
    pub form: NewKeyForm,
    /// The question whether to revoke one, if it is asked.
    pub revoke: Option<Dialog>,
}

/// One key. Its text is known to nobody; `hint` tells keys apart.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    /// `key_…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its start and end: `omk_4f…9Qz`.
    pub hint: String,
    /// What it may do: codes of scopes.
    pub scopes: String,
    /// The only channel it works for; empty for all.
    pub channel: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Whether it still works.
    pub is_active: bool,
}

impl ApiKeyRow {
    fn state(&self, t: &Words) -> Badge {
        if self.is_active {
            Badge::new(Tone::Green, Icon::Check, t.key_active())
        } else {
            Badge::new(Tone::Grey, Icon::Ban, t.key_revoked())
        }
    }
}

/// The form of a new key.
#[derive(Debug, Clone)]
pub struct NewKeyForm {
    /// What was refused.
    pub errors: FormErrors,
    /// Name and channel.
    pub fields: Vec<Field>,
    /// What it may do.
    pub scopes: Checks,
    /// The key of the form.
    pub key: String,
}

/// What was entered for a new key.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ApiKeyEntered {
    /// What people call it.
    pub name: String,
    /// Codes of scopes.
    pub scopes: Vec<String>,
    /// A channel's id; empty for all.
    pub channel: String,
}

impl NewKeyForm {
    /// The form with what was entered; `scopes` are the codes to choose from.
    pub fn new(
        entered: &ApiKeyEntered,
        scopes: &[&str],
        channels: Vec<Choice>,
        errors: &[(&'static str, String)],
        key: String,
        t: Words,
    ) -> Self {
        let check = |code: &&str| crate::ui::Check {
            value: (*code).into(),
            label: (*code).into(),
            hint: String::new(),
            is_on: entered.scopes.iter().any(|of| of == code),
        };
        let mut fields = vec![
            Field::new("name", t.key_name())
                .max_length(80)
                .hint(t.key_name_hint())
                .value(&entered.name),
            Field::select("channel", t.key_channel(), channels)
                .optional()
                .hint(t.key_channel_hint())
                .value(&entered.channel),
        ];
        let refused = crate::console::form::refuse(&mut fields, errors, t);
        let error = errors.iter().find(|(name, _)| *name == "scopes");
        let scopes = Checks {
            name: "scopes",
            legend: t.key_scopes().into(),
            checks: scopes.iter().map(check).collect(),
            error: error.map(|(_, text)| text.clone()),
        };
        Self { errors: refused, fields, scopes, key }
    }
}

/// The question before a key stops working.
pub fn revoke_dialog(row: &ApiKeyRow, t: Words) -> Dialog {
    Dialog {
        t,
        id: "revoke",
        title: t.key_revoke_title(&row.name),
        text: vec![t.key_revoke_effect(&row.hint)],
        action: format!("/console/admin/keys/{}/revoke", row.id),
        button: t.key_revoke().into(),
        back: "/console/admin/keys".into(),
        is_open: true,
        ..Dialog::default()
    }
}

crate::words! {
    key_list = "密钥列表", "List of keys";
    key_none = "还没有密钥。", "No key yet.";
    key_new = "新建密钥", "New key";
    key_create = "创建密钥", "Create key";
    key_name = "名称", "Name";
    key_name_hint = "谁在用，用来做什么", "Who uses it and for what";
    key_scopes = "范围", "Scopes";
    key_channel = "渠道", "Channel";
    key_channel_hint = "不选则不限渠道", "Empty: for all of them";
    key_last_used = "最近使用", "Last used";
    key_never = "从未", "Never";
    key_created = "创建于", "Created";
    key_state = "状态", "Status";
    key_actions = "操作", "Actions";
    key_active = "有效", "Active";
    key_revoked = "已吊销", "Revoked";
    key_revoke = "吊销", "Revoke";
    key_revoke_title(name) = "吊销「{name}」？", "Revoke “{name}”?";
    key_revoke_effect(hint) = "使用 {hint} 的程序会立刻失去访问权限。此操作不能撤销。", "Whatever uses {hint} loses access at once. This cannot be undone.";
    key_fresh(name) = "「{name}」的密钥，只显示这一次", "The key “{name}”, shown this once";
    key_fresh_hint = "请现在保存到安全的地方；之后无法再查看，只能新建。", "Keep it in a safe place now. It cannot be seen again, only replaced.";
    key_name_wrong = "名称需要 1 到 64 个字", "A name has 1 to 64 characters";
    key_scopes_wrong = "至少选择一项", "Choose at least one";
    key_revoked_toast = "密钥已吊销", "The key is revoked";
    key_copy = "复制", "Copy";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_fresh_key_is_shown_once_and_the_others_only_as_hints() {
        for language in Language::ALL {
            let page = ApiKeysPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("omk_4f…9Qz") && !html.contains("callout"), "{html}");
            let html = ApiKeysPage::sample_fresh(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"data-copy="omk_"#), "{html}");
        }
    }

    #[test]
    fn revoking_names_the_key_and_what_happens() {
        let html = ApiKeysPage::sample_revoking(Language::En).render().unwrap();
        assert_sound_page(&html);
        assert!(
            html.contains("Revoke “Tmall”?") && html.contains("loses access at once"),
            "{html}"
        );
    }

    #[test]
    fn a_key_without_scopes_is_refused_at_the_scopes() {
        let errors = [("scopes", "Choose at least one".to_owned())];
        let t = Words::new(Language::En);
        let entered = ApiKeyEntered { name: "ERP".into(), ..ApiKeyEntered::default() };
        let form = NewKeyForm::new(&entered, &["orders:read"], Vec::new(), &errors, "k".into(), t);
        let page = ApiKeysPage { form, ..ApiKeysPage::sample(Language::En) };
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r##"<a href="#f-scopes">Choose at least one</a>"##), "{html}");
        assert!(html.contains(r#"value="ERP""#), "{html}");
    }
}
