//! Products in a list: a category, `/categories/{slug}`, and what a search found, `/search`.

use askama::Template;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Empty, Pager, ProductCard};

/// A list of products. Its block `results` is what sorting and paging refresh.
#[derive(Debug, Template)]
#[template(path = "shop/listing.html", blocks = ["results"])]
pub struct ListingPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer; a search is shown again in its field.
    pub frame: Frame,
    /// What the list is of.
    pub subject: Subject,
    /// How many there are in all, a cached figure.
    pub count: u64,
    /// The ways to sort, the current one among them.
    pub sorts: Vec<Sort>,
    /// This page of products.
    pub products: Vec<ProductCard>,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
}

/// What a list is of.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The name of a category.
    Category(String),
    /// What was searched for.
    Search(String),
}

/// A way to sort the list.
#[derive(Debug, Clone)]
pub struct Sort {
    /// "Price, low first".
    pub label: String,
    /// This list sorted so.
    pub href: String,
    /// Whether it is.
    pub is_current: bool,
}

impl ListingPage {
    fn heading(&self) -> String {
        match &self.subject {
            Subject::Category(name) => name.clone(),
            Subject::Search(text) => self.shell.t.search_for(text),
        }
    }

    fn empty(&self) -> Empty {
        let t = self.shell.t;
        let (title, text) = match &self.subject {
            Subject::Category(_) => (t.nothing_here(), t.nothing_here_hint()),
            Subject::Search(_) => (t.nothing_found(), t.nothing_found_hint()),
        };
        Empty {
            icon: crate::Icon::Search,
            title: title.into(),
            text: text.into(),
            action: Some(("/".into(), t.to_home().into())),
        }
    }

    fn pager(&self) -> Pager {
        Pager {
            t: self.shell.t,
            summary: String::new(),
            first: None,
            next: self.next.clone(),
            region: "results",
        }
    }
}

crate::words! {
    search_for(text) = "“{text}”的搜索结果", "Results for “{text}”";
    product_count(count) = "共 {count} 种商品", "{count} product" | "{count} products";
    sort_by = "排序", "Sort";
    sort_as_given = "默认", "As arranged";
    sort_best_match = "最相关", "Best match";
    sort_cheapest = "价格从低到高", "Price, low first";
    sort_dearest = "价格从高到低", "Price, high first";
    nothing_here = "这里还没有商品", "Nothing here yet";
    nothing_here_hint = "新货上架后会出现在这里。", "New products will show up here.";
    nothing_found = "没有找到相关商品", "No products found";
    nothing_found_hint = "换个短一点的词，或看看首页。", "Try a shorter word, or look at the home page.";
    to_home = "回到首页", "Go to the home page";
}

#[cfg(any(test, feature = "samples"))]
impl ListingPage {
    /// The category of tea.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let mut frame = samples::shop_frame(language);
        frame.categories[0].is_current = true;
        let sort = |chinese: &str, english: &str, key: &str| Sort {
            label: shell.t.pick(chinese, english).into(),
            href: format!("/categories/tea?sort={key}"),
            is_current: key == "given",
        };
        Self {
            subject: Subject::Category(frame.categories[0].name.clone()),
            count: 42,
            sorts: vec![
                sort("默认", "As arranged", "given"),
                sort("价格从低到高", "Price, low first", "price"),
                sort("价格从高到低", "Price, high first", "price-down"),
            ],
            products: samples::products(language),
            next: Some("/categories/tea?from=24".into()),
            shell,
            frame,
        }
    }

    /// A search that found nothing, with something nasty in it.
    pub fn sample_without_results(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        page.frame.search = "<b>\"茶\"".into();
        page.frame.categories[0].is_current = false;
        page.subject = Subject::Search(page.frame.search.clone());
        (page.products, page.next, page.count) = (Vec::new(), None, 0);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn a_category_lists_its_products_and_goes_on() {
        for language in Language::ALL {
            let page = ListingPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"hx-get="/categories/tea?from=24""#), "{html}");
            let part = page.as_results().render().unwrap();
            assert_sound(&part);
            assert!(html.contains(&part), "the fragment is a block of its page");
        }
    }

    #[test]
    fn an_empty_search_says_what_to_do_and_escapes_what_was_typed() {
        for language in Language::ALL {
            let html = ListingPage::sample_without_results(language).render().unwrap();
            assert_sound_page(&html);
            assert!(
                html.contains("&#60;b&#62;&#34;茶&#34;") && !html.contains("<b>\"茶"),
                "{html}"
            );
            assert!(html.contains(ListingPage::sample(language).shell.t.nothing_found_hint()));
        }
    }
}
