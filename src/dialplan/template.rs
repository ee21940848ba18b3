//! Templates and conditions: MiniJinja, strict about undefined names, with a limit on work.
//! The only file that knows the template engine.

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, Output, State, UndefinedBehavior, Value as Cell, escape_formatter};
use serde_json::{Map, Value};

use crate::base::Language;

/// Instructions one rendering may take: a sentence takes some tens.
const FUEL: u64 = 20_000;
/// Characters one rendering may give: a caller would listen to this for ten minutes.
const LONGEST: usize = 4_000;
/// The template's name where its values go into a path.
const PATH: &str = "path";

/// A text with `{{ values }}`, compiled when the dialplan is loaded.
///
/// Filters beside MiniJinja's own: `spell` puts spaces between the digits of a number so that it is read digit by digit,
/// `date` says an ISO date the way the text's language does.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    /// `None` when nothing is to be put in.
    engine: Option<Arc<Environment<'static>>>,
    language: Language,
}

/// A condition such as `order.state == "shipped"`, compiled when the dialplan is loaded.
#[derive(Clone)]
pub struct Condition {
    source: Arc<str>,
    expression: Arc<Expression<'static, 'static>>,
}

/// Why a template or condition could not be compiled or evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What went wrong, in words.
    pub message: String,
}

impl Template {
    /// Compiles a template whose filters speak Mandarin.
    ///
    /// # Errors
    /// Where the syntax is wrong or a filter is not known.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        Self::in_language(source, Language::Zh)
    }

    /// Compiles a template whose filters speak `language`.
    ///
    /// # Errors
    /// Where the syntax is wrong or a filter is not known.
    pub fn in_language(source: &str, language: Language) -> Result<Self, TemplateError> {
        let fixed = !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark));
        check_filters(source)?;
        let engine = if fixed { None } else { Some(Arc::new(engine_for(source, language)?)) };
        Ok(Self { source: source.into(), engine, language })
    }

    /// Returns the template as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the text when nothing is to be put in: such prompts are synthesised at start.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        self.engine.is_none().then_some(&*self.source)
    }

    /// Returns the names it needs, `order.state` as one.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let template = self.engine.as_ref().and_then(|engine| engine.get_template(self.language.code()).ok());
        template.map(|template| template.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
    }

    /// Puts the values in.
    ///
    /// # Errors
    /// Where a name is not known, the work exceeds its limit or the text becomes longer than 4,000 characters.
    pub fn render(&self, values: &Map<String, Value>) -> Result<String, TemplateError> {
        self.render_as(self.language.code(), values)
    }

    /// Puts the values in, each percent-encoded (RFC 3986 §2.1): for paths of requests.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_path(&self, values: &Map<String, Value>) -> Result<String, TemplateError> {
        self.render_as(PATH, values)
    }

    /// Puts the values in; where the whole text is one `{{ value }}`, gives that value as it is (a number stays a number): for
    /// variables and the fields of requests. A part that a known thing does not have is null.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn evaluate(&self, values: &Map<String, Value>) -> Result<Value, TemplateError> {
        let inner = self.source.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).filter(|inner| !inner.contains("{{"));
        let Some(inner) = inner else { return self.render(values).map(Value::String) };
        let value = evaluate(&CONDITIONS.compile_expression(inner)?, values)?;
        serde_json::to_value(&value).map_err(|error| TemplateError { message: error.to_string() })
    }

    fn render_as(&self, name: &str, values: &Map<String, Value>) -> Result<String, TemplateError> {
        let Some(engine) = &self.engine else { return Ok(self.source.to_string()) };
        let text = engine.get_template(name)?.render(Serde(values))?;
        if text.chars().count() > LONGEST {
            return Err(TemplateError { message: format!("the text became longer than {LONGEST} characters") });
        }
        Ok(text)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

impl Condition {
    /// Compiles a condition.
    ///
    /// # Errors
    /// Where the syntax is wrong.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        if source.trim().is_empty() {
            return Err(TemplateError { message: "the condition is empty".to_owned() });
        }
        let expression = Arc::new(CONDITIONS.compile_expression_owned(source.to_owned())?);
        Ok(Self { source: source.into(), expression })
    }

    /// Returns the condition as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the names it needs, `order.state` as one.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.expression.undeclared_variables(true).into_iter().collect()
    }

    /// Says whether it holds. A part that a known thing does not have (`caller.tier` of a stranger) equals nothing.
    ///
    /// # Errors
    /// Where a name is not known or the work exceeds its limit.
    pub fn holds(&self, values: &Map<String, Value>) -> Result<bool, TemplateError> {
        Ok(evaluate(&self.expression, values)?.is_true())
    }
}

fn evaluate(expression: &Expression, values: &Map<String, Value>) -> Result<Cell, TemplateError> {
    if let Some(name) = expression.undeclared_variables(false).iter().find(|name| !values.contains_key(*name)) {
        return Err(TemplateError { message: format!("{name} is not known here") });
    }
    Ok(expression.eval(Serde(values))?)
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        let message = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        Self { message }
    }
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|name| if name == PATH { AutoEscape::Custom(PATH.into()) } else { AutoEscape::None });
    engine.set_formatter(put);
    engine.add_filter("spell", spell);
    engine.add_filter("date", date);
    engine
});

/// Conditions may ask for what is not there.
static CONDITIONS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = ENGINE.clone();
    engine.set_undefined_behavior(UndefinedBehavior::Lenient);
    engine
});

/// Finds filters that do not exist: the engine itself notices only when a caller is waiting for the words.
fn check_filters(source: &str) -> Result<(), TemplateError> {
    for inside in source.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(inside, _)| inside) {
        if inside.contains(['"', '\'']) {
            continue;
        }
        for piece in inside.split('|').skip(1) {
            let name: String = piece.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
            if ENGINE.empty_state().apply_filter(&name, &[]).is_err_and(|error| error.kind() == ErrorKind::UnknownFilter) {
                return Err(TemplateError { message: format!("unknown filter: {name}") });
            }
        }
    }
    Ok(())
}

fn engine_for(source: &str, language: Language) -> Result<Environment<'static>, TemplateError> {
    let mut engine = ENGINE.clone();
    engine.add_template_owned(language.code(), source.to_owned())?;
    engine.add_template_owned(PATH, source.to_owned())?;
    Ok(engine)
}

/// Writes a value: numbers as people write them, in paths percent-encoded.
fn put(out: &mut Output, state: &mut State, value: &Cell) -> Result<(), Error> {
    if value.is_undefined() || !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
        return escape_formatter(out, state, value);
    }
    for byte in value.to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.write_char(char::from(byte)).map_err(Error::from)?;
        } else {
            write!(out, "%{byte:02X}").map_err(Error::from)?;
        }
    }
    Ok(())
}

fn spell(value: &Cell) -> String {
    let text = value.to_string();
    let mut spelled = String::with_capacity(text.len() * 2);
    for sign in text.chars().filter(|sign| !sign.is_whitespace()) {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        spelled.push(sign);
    }
    spelled
}

fn date(state: &State, value: &Cell) -> String {
    const MONTHS: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let text = value.to_string();
    let parsed = text.get(..10).and_then(|day| day.parse::<jiff::civil::Date>().ok());
    match parsed {
        None => text,
        Some(day) if state.name() == Language::En.code() => {
            let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
            format!("{month} {}", day.day())
        }
        Some(day) => format!("{}月{}日", day.month(), day.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn said(source: &str, value: Value) -> Result<String, String> {
        Template::new(source).and_then(|template| template.render(&values(value))).map_err(|error| error.message)
    }

    #[test]
    fn values_are_put_into_words() {
        assert_eq!(said("您的订单{{ order.state_text }}。", json!({"order": {"state_text": "已发货"}})).as_deref(), Ok("您的订单已发货。"));
        assert_eq!(
            said("订单号是{{ value | spell }}，对吗？", json!({"value": "12345678"})).as_deref(),
            Ok("订单号是1 2 3 4 5 6 7 8，对吗？")
        );
        assert_eq!(said("预计{{ eta | date }}送达", json!({"eta": "2026-11-12"})).as_deref(), Ok("预计11月12日送达"));
        assert_eq!(said("{{ eta | date }}", json!({"eta": "下周"})).as_deref(), Ok("下周"));
        assert_eq!(said("{{ n + 1 }}件", json!({"n": 2})).as_deref(), Ok("3件"));
    }

    #[test]
    fn a_date_is_said_in_the_language_of_the_text() {
        let template = Template::in_language("It arrives on {{ eta | date }}.", Language::En).unwrap();
        assert_eq!(template.render(&values(json!({"eta": "2026-11-12T08:00:00Z"}))).unwrap(), "It arrives on November 12.");
    }

    #[test]
    fn a_value_cannot_leave_its_place_in_a_path() {
        let template = Template::new("/orders/{{ id }}?by={{ name | safe }}").unwrap();
        let path = template.render_path(&values(json!({"id": "../a b?", "name": "王&x=1"}))).unwrap();
        assert_eq!(path, "/orders/..%2Fa%20b%3F?by=%E7%8E%8B%26x%3D1");
    }

    #[test]
    fn only_texts_without_values_are_fixed() {
        assert_eq!(Template::new("您好").unwrap().fixed(), Some("您好"));
        assert_eq!(Template::new("{{ name }}您好").unwrap().fixed(), None);
    }

    #[test]
    fn an_unknown_name_is_an_error_not_silence() {
        assert!(said("您好{{ name }}", json!({})).is_err());
        assert!(said("您好{{ order.name }}", json!({"order": {}})).is_err());
        assert!(Template::new("您好{{ name | speell }}").is_err());
        assert!(Template::new("您好{{ name").is_err());
    }

    #[test]
    fn a_text_without_end_is_stopped() {
        assert!(said("{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}", json!({})).is_err());
    }

    #[test]
    fn a_condition_holds_or_not() {
        let holds = |source: &str, value| Condition::new(source).and_then(|condition| condition.holds(&values(value)));
        assert_eq!(holds("order.state == \"shipped\"", json!({"order": {"state": "shipped"}})), Ok(true));
        assert_eq!(holds("order.state == \"shipped\"", json!({"order": {"state": "paid"}})), Ok(false));
        assert_eq!(holds("caller.tier == 'gold'", json!({"caller": {}})), Ok(false));
        assert!(holds("order.state == 'shipped'", json!({})).is_err());
        assert!(Condition::new("order.state ==").is_err() && Condition::new(" ").is_err());
    }

    #[test]
    fn a_variable_keeps_its_kind() {
        let set = |source: &str, value| Template::new(source).and_then(|template| template.evaluate(&values(value)));
        assert_eq!(set("{{ caller.tier == 'gold' }}", json!({"caller": {}})), Ok(json!(false)));
        assert_eq!(set("{{ order.items }}", json!({"order": {"items": [1, "二"]}})), Ok(json!([1, "二"])));
        assert_eq!(set("{{ a }}-{{ b }}", json!({"a": 1, "b": 2})), Ok(json!("1-2")));
        assert_eq!(set("gold", json!({})), Ok(json!("gold")));
        assert!(set("{{ order.items }}", json!({})).is_err());
    }

    #[test]
    fn the_names_a_text_needs_are_known_beforehand() {
        let template = Template::new("{{ order.eta | date }}{{ caller.tier }}").unwrap();
        assert_eq!(template.names().into_iter().collect::<Vec<_>>(), ["caller.tier", "order.eta"]);
    }
}
