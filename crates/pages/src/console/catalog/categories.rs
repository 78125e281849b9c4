//! Categories, `/console/catalog/categories`, and the form of one: `new` and `of/{code}` below it. The
//! form posts the fields of [`CategoryEntered`] with `key` or `version` to its own address.

use askama::Template;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::shell::Shell;
use crate::ui::{Field, FormErrors, Views};

/// The list of categories.
#[derive(Debug, Clone, Template)]
#[template(path = "console/categories.html")]
pub struct CategoriesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the catalog.
    pub parts: Views,
    /// In the order of the menu.
    pub rows: Vec<CategoryRow>,
    /// Whether they may add and change.
    pub can_change: bool,
}

/// One category.
#[derive(Debug, Clone)]
pub struct CategoryRow {
    /// The address of its form.
    pub href: String,
    /// The list of its goods.
    pub goods_href: String,
    /// Its name.
    pub name: String,
    /// Its short code.
    pub code: String,
    /// What is in its address in the shop.
    pub slug: String,
    /// Its place in the menu.
    pub position: i64,
    /// How many goods are in it.
    pub goods: u64,
}

/// What was entered for a category.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct CategoryEntered {
    pub code: String,
    pub slug: String,
    pub name_zh: String,
    pub name_en: String,
    pub about_zh: String,
    pub about_en: String,
    pub position: String,
}

/// The form of a new category, with its key, or of one that exists, with its address and version.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &CategoryEntered,
    subject: super::sku_form::Subject<'_>,
) -> FormPage {
    use super::sku_form::Subject;
    let t = shell.t;
    let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
    let about = |name, label: &str, value: &str| {
        line(name, label, value).kind("textarea").optional().max_length(500)
    };
    let fields = vec![
        line("code", t.category_code(), &entered.code).max_length(64),
        line("name_zh", t.sku_name_zh(), &entered.name_zh).optional().max_length(100),
        line("name_en", t.sku_name_en(), &entered.name_en).optional().max_length(300),
        line("slug", t.category_slug(), &entered.slug)
            .optional()
            .max_length(64)
            .hint(t.category_slug_hint()),
        line("position", t.category_position(), &entered.position)
            .digits(6)
            .hint(t.category_position_hint()),
        about("about_zh", t.sku_description_zh(), &entered.about_zh),
        about("about_en", t.sku_description_en(), &entered.about_en),
    ];
    let (title, action, value) = match subject {
        Subject::New(key) => {
            let action = "/console/catalog/categories/new".to_owned();
            (t.category_new().to_owned(), action, ("key", key.to_owned()))
        }
        Subject::Known(href, version) => {
            (t.category_edit(&entered.code), href.to_owned(), ("version", version.to_string()))
        }
    };
    FormPage {
        title,
        lead: String::new(),
        back: ("/console/catalog/categories".into(), t.categories_back().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action,
        values: vec![value],
        groups: vec![FormGroup::new(t.category_about(), fields)],
        button: t.sku_save().into(),
        shell,
        frame,
    }
}

crate::words! {
    categories_title = "分类", "Categories";
    categories_list = "分类列表", "List of categories";
    categories_back = "返回分类", "Back to categories";
    categories_none = "还没有分类。", "No category yet.";
    category_new = "新建分类", "New category";
    category_edit(code) = "编辑分类 {code}", "Edit category {code}";
    category_about = "分类信息", "Category";
    category_name = "名称", "Name";
    category_code = "编码", "Code";
    category_slug = "网址名", "Name in addresses";
    category_slug_hint = "商城网址中使用；不填则用编码", "In addresses of the shop; empty: the code";
    category_position = "排序", "Place in the menu";
    category_position_hint = "数字小的在前", "The smallest first";
    category_goods = "商品数", "SKUs";
    category_saved(name) = "已保存分类 {name}", "Saved category {name}";
    category_code_taken = "这个编码已被使用", "Another category has this code";
    category_slug_wrong = "只能用小写字母、数字和 -", "Small letters, digits and - only";
}

#[cfg(any(test, feature = "samples"))]
impl CategoriesPage {
    /// Two.
    pub fn sample(language: crate::Language) -> Self {
        use super::{Part, parts};
        use crate::{console::Section, samples};
        let t = crate::Words::new(language);
        let row = |code: &str, name: &str, position, goods| CategoryRow {
            href: format!("/console/catalog/categories/of/{code}"),
            goods_href: format!("/console/catalog?category={code}"),
            name: name.into(),
            code: code.into(),
            slug: code.into(),
            position,
            goods,
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            parts: parts(Part::Categories, t),
            rows: vec![
                row("tea", t.pick("茶叶", "Tea"), 1, 24),
                row("kitchen", t.pick("厨房", "Kitchen"), 2, 61),
            ],
            can_change: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sku_form::Subject;
    use super::*;
    use crate::Language;
    use crate::console::Section;
    use crate::samples;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_list_and_the_form_are_sound() {
        for language in Language::ALL {
            let mut page = CategoriesPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.can_change = false;
            let html = page.render().unwrap();
            assert!(!html.contains("categories/new") && !html.contains("categories/tea\""));
            let frame = samples::console_frame(language, Section::Catalog);
            let subject = Subject::Known("/console/catalog/categories/tea", 2);
            let page = form(samples::shell(language), frame, &CategoryEntered::default(), subject);
            let html = page.refused(&[("slug", "no".into())]).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"id="e-slug""#), "{html}");
        }
    }
}
