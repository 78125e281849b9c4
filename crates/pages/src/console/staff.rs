//! Who works here, `/console/admin/staff`, and who may do what, `/console/admin/roles`.
//!
//! `new` and `{id}` below the list are forms that post the fields of [`StaffEntered`] with `key` or
//! `version` to their own address. Further posts below `{id}`: `disable`, `enable`,
//! `reset_password`, `remove_totp`.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::role::{Permission, Role, grants};

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states::access;
use crate::ui::{Action, Badge, Check, Checks, Choice, Effect, Field, FormErrors, Tone, Views};
use crate::words::Words;

/// The list of staff.
#[derive(Debug, Clone, Template)]
#[template(path = "console/staff.html")]
pub struct StaffPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// By name.
    pub rows: Vec<StaffRow>,
    /// A first password that was just made, shown this once: for whom, and its text. The answer
    /// goes out with `Cache-Control: no-store`.
    pub fresh_password: Option<(String, String)>,
}

/// One member of staff.
#[derive(Debug, Clone)]
pub struct StaffRow {
    /// `stf_…`.
    pub id: String,
    /// What colleagues call them.
    pub name: String,
    /// What they sign in with.
    pub login: String,
    /// What they work as.
    pub roles: Vec<Role>,
    /// Where they work; empty for everywhere.
    pub location: String,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether a second factor is set up.
    pub has_totp: bool,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
}

impl StaffRow {
    fn roles(&self, t: &Words) -> String {
        let names: Vec<_> = self.roles.iter().map(|role| access::role(*role, *t)).collect();
        names.join(t.pick("、", ", "))
    }

    fn state(&self, t: &Words) -> Badge {
        if self.is_active {
            Badge::new(Tone::Green, Icon::Check, t.staff_active())
        } else {
            Badge::new(Tone::Grey, Icon::Ban, t.staff_disabled())
        }
    }
}

/// Who may do what: the whole matrix, as the program applies it.
#[derive(Debug, Clone, Template)]
#[template(path = "console/roles.html")]
pub struct RolesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
}

impl RolesPage {
    fn rows(&self) -> Vec<(&'static str, Vec<Option<Badge>>)> {
        let t = self.shell.t;
        let cells = |permission: Permission| {
            Role::ALL.map(|role| access::grant(grants(role, permission), t)).into()
        };
        Permission::ALL.map(|of| (access::permission(of, t), cells(of))).into()
    }

    fn roles(&self) -> Vec<&'static str> {
        Role::ALL.map(|role| access::role(role, self.shell.t)).into()
    }
}

/// What was entered for a member of staff.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct StaffEntered {
    /// What colleagues call them.
    pub name: String,
    /// What they sign in with; cannot be changed later.
    pub login: String,
    /// Codes of roles.
    pub roles: Vec<String>,
    /// A location's code; empty for everywhere.
    pub location: String,
}

/// Whom a form is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Someone new; the first password is made by the program and shown once.
    New {
        /// The key of the form.
        key: &'a str,
    },
    /// Someone who works here.
    Known {
        /// `stf_…`.
        id: &'a str,
        /// The version that was seen.
        version: u64,
        /// Whether they may sign in.
        is_active: bool,
        /// Whether a second factor is set up.
        has_totp: bool,
    },
}

/// The form of a member of staff.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &StaffEntered,
    locations: Vec<Choice>,
    subject: Subject<'_>,
) -> FormPage {
    let t = shell.t;
    let check = |role: Role| Check {
        value: role.code().into(),
        label: access::role(role, t).into(),
        hint: String::new(),
        is_on: entered.roles.iter().any(|code| code == role.code()),
    };
    let roles = Checks {
        name: "roles",
        legend: t.staff_roles().into(),
        checks: Role::ALL.map(check).into(),
        error: None,
    };
    let mut fields = Vec::new();
    let (title, action, values, actions, button) = match subject {
        Subject::New { key } => {
            fields.push(Field::new("name", t.staff_name()).max_length(64).value(&entered.name));
            fields.push(
                Field::new("login", t.staff_login())
                    .autocomplete("off")
                    .max_length(64)
                    .hint(t.staff_login_hint())
                    .value(&entered.login),
            );
            let values = vec![("key", key.to_owned())];
            (t.staff_new().to_owned(), "new".to_owned(), values, Vec::new(), t.staff_create())
        }
        Subject::Known { id, version, is_active, has_totp } => {
            let post = |verb: &str| {
                let values = vec![("version", version.to_string())];
                Effect::Post(format!("/console/admin/staff/{id}/{verb}"), values)
            };
            let mut actions =
                vec![Action::new(Icon::Lock, t.staff_reset_password(), post("reset_password"))];
            if has_totp {
                actions.push(Action::new(Icon::Phone, t.staff_remove_totp(), post("remove_totp")));
            }
            actions.push(Action::new(Icon::Logout, t.staff_sign_out(), post("sign_out")));
            actions.push(if is_active {
                Action::new(Icon::Ban, t.staff_disable(), post("disable"))
            } else {
                Action::new(Icon::Check, t.staff_enable(), post("enable"))
            });
            let values = vec![("version", version.to_string())];
            (entered.name.clone(), id.to_owned(), values, actions, t.staff_save())
        }
    };
    fields.push(
        Field::select("location", t.staff_location(), locations)
            .optional()
            .hint(t.staff_location_hint())
            .value(&entered.location),
    );
    FormPage {
        title,
        lead: String::new(),
        back: ("/console/admin/staff".into(), t.staff_back().into()),
        actions,
        errors: FormErrors::default(),
        action: format!("/console/admin/staff/{action}"),
        values,
        groups: vec![FormGroup::new(t.staff_person(), fields).checks(roles)],
        button: button.into(),
        shell,
        frame,
    }
}

crate::words! {
    staff_list = "人员列表", "List of users";
    staff_new = "新建人员", "New user";
    staff_create = "创建人员", "Create user";
    staff_save = "保存", "Save";
    staff_back = "返回人员", "Back to users";
    staff_person = "人员", "Person";
    staff_name = "姓名", "Name";
    staff_login = "账号", "Login";
    staff_login_hint = "2 到 64 个字母、数字或 . _ - @", "2 to 64 letters, digits or . _ - @";
    staff_roles = "岗位", "Roles";
    staff_location = "所在仓库", "Location";
    staff_location_hint = "不选则不限仓库", "Empty: not limited to one";
    staff_everywhere = "不限", "Everywhere";
    staff_state = "状态", "Status";
    staff_active = "可登录", "Active";
    staff_disabled = "已停用", "Disabled";
    staff_second_factor = "两步验证", "Second factor";
    staff_totp_on = "已开启", "On";
    staff_totp_off = "未开启", "Off";
    staff_last = "最近登录", "Last sign-in";
    staff_never = "从未", "Never";
    staff_reset_password = "重置密码", "Reset password";
    staff_remove_totp = "移除两步验证", "Remove second factor";
    staff_disable = "停用", "Disable";
    staff_enable = "启用", "Enable";
    staff_fresh_password(name) = "{name} 的初始密码，只显示这一次", "First password of {name}, shown this once";
    staff_fresh_hint = "请当面或电话告知，首次登录后请其更改。", "Tell them in person or by phone; they change it after signing in.";
    staff_sign_out = "登出全部设备", "Sign out everywhere";
    staff_login_taken = "这个账号已被使用", "This login is taken";
    staff_name_wrong = "姓名需要 1 到 64 个字", "A name has 1 to 64 characters";
    staff_changed = "岗位已更新，立即生效", "Saved; it counts at once";
    staff_disabled_toast(name) = "已停用 {name}", "Disabled {name}";
    staff_enabled_toast(name) = "已启用 {name}", "Enabled {name}";
    staff_totp_removed_toast(name) = "已移除 {name} 的两步验证", "Removed the second factor of {name}";
    staff_signed_out_toast(name) = "{name} 已在所有设备登出", "{name} is signed out everywhere";
    roles_lead = "程序实际执行的权限，没有列出的都不允许。", "What the program applies. What is not here is denied.";
    roles_action = "操作", "Action";
    roles_denied = "不允许", "Denied";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language, subject: Subject<'_>) -> FormPage {
    use crate::{console::Section, samples};
    let entered = StaffEntered {
        name: Words::new(language).pick("周凯", "Zhou Kai").into(),
        login: "zhou.kai".into(),
        roles: vec!["warehouse".into()],
        location: "SH-1".into(),
    };
    let locations = vec![Choice::new("SH-1", "SH-1"), Choice::new("GZ-2", "GZ-2")];
    let frame = samples::console_frame(language, Section::Admin);
    form(samples::shell(language), frame, &entered, locations, subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_first_password_is_shown_once() {
        for language in Language::ALL {
            let mut page = StaffPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.fresh_password = Some(("周凯".into(), "correct-horse-42".into()));
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("correct-horse-42"), "{html}");
        }
    }

    #[test]
    fn the_matrix_has_a_cell_for_every_role_and_permission() {
        for language in Language::ALL {
            let page = RolesPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            let cells = Role::ALL.len() * Permission::ALL.len();
            assert_eq!(html.matches("<td").count(), cells, "{html}");
        }
    }

    #[test]
    fn the_form_offers_what_fits_the_person() {
        let html = |subject| sample_form(Language::En, subject).render().unwrap();
        let new = html(Subject::New { key: "k" });
        assert_sound_page(&new);
        assert!(new.contains(r#"name="login""#) && !new.contains("reset_password"), "{new}");
        let known =
            html(Subject::Known { id: "stf_1", version: 3, is_active: true, has_totp: false });
        assert_sound_page(&known);
        assert!(!known.contains(r#"name="login""#) && known.contains("stf_1/disable"), "{known}");
        assert!(!known.contains("remove_totp"), "{known}");
        assert!(known.contains(r#"name="roles" value="warehouse" checked>"#), "{known}");
    }
}
