//! The form of a function as a command, derived from the function's description: which arguments are positional, and
//! which of them takes the options.

use crate::engine::describe::{Family, Opt, Takes};
use crate::engine::registry::{self, Function};
use crate::engine::syntax::SourceText;
use rhai::Token;

/// A function as a command.
#[derive(Clone, Debug)]
pub(super) struct CommandForm {
    /// The function.
    pub(super) function: &'static Function,
    /// The arguments that the command line gives by position.
    pub(super) positionals: Vec<Positional>,
    /// The index of the argument with the options.
    pub(super) options_at: Option<usize>,
    /// The names of the call's arguments, as far as a form names them.
    pub(super) names: Vec<Option<String>>,
}

/// An argument given by position.
#[derive(Clone, Debug)]
pub(super) struct Positional {
    /// The name in the function's forms.
    pub(super) name: String,
    /// The kind of value.
    pub(super) takes: Takes,
    /// True if the call needs the argument.
    pub(super) required: bool,
    /// True if the argument may be a list.
    pub(super) repeated: bool,
    /// The option that the argument sets, if it shares the place of the option map.
    pub(super) option: Option<&'static Opt>,
}

/// Returns every function that's a command.
pub(super) fn functions() -> impl Iterator<Item = &'static Function> {
    registry::functions().filter(|function| is_command(function))
}

/// Returns the function of a command.
pub(super) fn function(command: &str) -> Option<&'static Function> {
    functions().find(|function| path(function) == command)
}

/// Returns true if a function has a command of its own: all that call a service or read data do.
pub(super) fn is_command(function: &Function) -> bool {
    function.family != Family::Script && !function.script_only
}

impl CommandForm {
    /// Reads a function's forms.
    pub(super) fn of(function: &'static Function) -> Self {
        let mut form = Self {
            function,
            positionals: Vec::new(),
            options_at: None,
            names: Vec::new(),
        };
        let mut lists = Vec::new();
        let mut shortest = usize::MAX;
        let maps_first = function.takes.first() == Some(&Takes::Options);
        for text in function.forms {
            let length = form.read(text, maps_first, &mut lists);
            shortest = length.map_or(shortest, |length| shortest.min(length));
        }
        let mut list_before = false;
        for index in 0..form.names.len() {
            let list = lists.get(index) == Some(&true);
            let positional = form.positional(index, list, index < shortest);
            // Behind a list only a required argument can be told from the list's items.
            let positional = positional.filter(|it| it.required || !list_before);
            list_before |= positional.as_ref().is_some_and(|it| it.repeated);
            form.positionals.extend(positional);
        }
        form
    }

    /// Reads one form, such as `import(collection, [path, …], #{…})`, and returns its number of arguments. A form with
    /// only a map isn't one for a command line, unless the function takes nothing else.
    fn read(&mut self, text: &str, maps_first: bool, lists: &mut Vec<bool>) -> Option<usize> {
        let source = SourceText::read(text);
        let items = source.items(1, source.len());
        let is_map = |index: usize| source.token(index) == Some(&Token::MapStart);
        let is_list = |index: usize| source.token(index) == Some(&Token::LeftBracket);
        if let Some(first) = items.first()
            && !maps_first
            && (is_map(first.start) || (is_list(first.start) && is_map(first.start + 1)))
        {
            return None;
        }
        let length = items.len();
        for (index, item) in items.into_iter().enumerate() {
            if self.names.len() <= index {
                self.names.push(None);
                lists.push(false);
            }
            if is_map(item.start) {
                self.options_at = Some(self.options_at.map_or(index, |at| at.min(index)));
                continue;
            }
            let list = is_list(item.start);
            lists[index] |= list;
            let name = source.slice(item.start + usize::from(list));
            self.names[index].get_or_insert_with(|| name.to_owned());
        }
        Some(length)
    }

    fn positional(&self, index: usize, list: bool, required: bool) -> Option<Positional> {
        let name = self.names.get(index)?.clone()?;
        let takes = self.function.takes.get(index).copied().unwrap_or_default();
        let option = match self.options_at {
            Some(at) if at < index => return None,
            Some(at) if at == index => {
                let mut options = self.function.options.iter();
                Some(options.find(|option| option.matches(&name))?)
            }
            _ => None,
        };
        Some(Positional {
            name,
            takes: option.map_or(takes, |option| option.takes),
            required: required && option.is_none(),
            repeated: option.is_none() && (list || takes == Takes::Data),
            option,
        })
    }

    /// Returns the options that the command takes as `--name`. Global options and secrets aren't among them.
    pub(super) fn options(&self) -> impl Iterator<Item = &'static Opt> + '_ {
        let options = self.function.options.iter();
        options.filter(|option| {
            let is_positional = |it: &Positional| it.option.is_none() && option.matches(&it.name);
            !option.map_only
                && option.takes != Takes::Secret
                && !super::GLOBAL.contains(&kebab(option.name).as_str())
                && !self.positionals.iter().any(is_positional)
        })
    }
}

/// Returns the words behind `zshell` that name a function's command.
pub(super) fn path(function: &Function) -> String {
    match function.name {
        "submissions" => "journal list".to_owned(),
        name => kebab(name),
    }
}

/// Returns a name in the style of command lines: `metricType` and `metric_type` are `metric-type`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    let mut before = '-';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !before.is_ascii_uppercase() && before != '-' {
            kebab.push('-');
        }
        kebab.push(match letter {
            '_' | '.' | '-' => '-',
            letter => letter.to_ascii_lowercase(),
        });
        before = if letter == '_' { '-' } else { letter };
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str) -> String {
        let form = CommandForm::of(registry::find(name).expect("a function"));
        let words = form.positionals.iter().map(|it| {
            let dots = if it.repeated { "..." } else { "" };
            if it.required {
                format!("{}{dots}", it.name)
            } else {
                format!("[{}]{dots}", it.name)
            }
        });
        let words: Vec<String> = words.collect();
        format!("{} {:?}", words.join(" "), form.options_at)
    }

    #[test]
    fn forms_become_arguments() {
        assert_eq!(shape("import"), "collection path... Some(2)");
        assert_eq!(shape("import_all"), "collection path... Some(2)");
        assert_eq!(shape("wait"), "job... Some(1)");
        assert_eq!(shape("jobs"), " Some(0)");
        assert_eq!(shape("query"), "collection [filter] Some(1)");
        assert_eq!(shape("search"), "collection vector Some(2)");
        assert_eq!(shape("peek"), "collection [n] None");
        assert_eq!(shape("check"), "paths... Some(2)");
        assert_eq!(shape("create_collection"), "name Some(1)");
    }

    #[test]
    fn names_are_in_the_style_of_command_lines() {
        for (name, shown) in [
            ("metricType", "metric-type"),
            ("autoID", "auto-id"),
            ("key_prefix", "key-prefix"),
            ("primaryFieldName", "primary-field-name"),
            ("limit", "limit"),
        ] {
            assert_eq!(kebab(name), shown);
        }
    }
}
