//! Known definitions: functions of Rhai, of zshell and of the script, and words that may be methods of a map.

use crate::engine::registry;
use rhai::{AST, ASTNode, Engine, Expr, FnAccess, Ident, Stmt};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Names with their possible numbers of arguments.
pub(super) type Arities = BTreeMap<String, BTreeSet<usize>>;

/// The functions of the language. Some take any number of arguments.
pub(super) struct Natives {
    arities: Arities,
}

/// Rhai's built-in keywords that work like functions, with minimum and maximum number of arguments.
const KEYWORDS: [(&str, usize, usize); 10] = [
    ("print", 0, 1),
    ("debug", 0, 1),
    ("type_of", 1, 1),
    ("Fn", 1, 1),
    ("call", 1, usize::MAX),
    ("curry", 2, usize::MAX),
    ("is_shared", 1, 1),
    ("is_def_var", 1, 1),
    ("is_def_fn", 2, 3),
    ("eval", 1, 1),
];

impl Natives {
    /// Returns the functions of an engine with zshell's types, and of the registry.
    pub(super) fn of(engine: &Engine) -> Self {
        let named = engine.collect_fn_metadata(
            None,
            |info| Some((info.metadata.name.to_string(), info.metadata.num_params)),
            true,
        );
        let mut arities = Arities::new();
        for (name, count) in named {
            arities.entry(name).or_default().insert(count);
        }
        for function in registry::functions() {
            let (least, most) = function.arity;
            let known = arities.entry(function.name.to_owned()).or_default();
            if function.replaces {
                known.clear();
            }
            known.extend(least..=most + usize::from(function.method));
        }
        Self { arities }
    }

    /// Returns true if the language has a function with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.arities.contains_key(name) || KEYWORDS.iter().any(|(known, ..)| *known == name)
    }

    /// Returns true if a function takes this many arguments, including a method's receiver.
    pub(super) fn takes(&self, name: &str, count: usize) -> bool {
        let keyword = KEYWORDS
            .iter()
            .any(|(known, least, most)| *known == name && (*least..=*most).contains(&count));
        let known = self.arities.get(name);
        keyword || known.is_some_and(|known| known.contains(&count))
    }

    /// Returns a function's possible numbers of arguments.
    pub(super) fn arities(&self, name: &str) -> BTreeSet<usize> {
        self.arities.get(name).cloned().unwrap_or_default()
    }

    /// Returns all names that scripts can use.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.arities.keys().map(String::as_str);
        let named = names.filter(|name| name.chars().all(|it| it.is_alphanumeric() || it == '_'));
        named.chain(["print", "debug", "type_of"])
    }
}

/// The definitions of a source.
#[derive(Clone, Debug, Default)]
pub(super) struct Functions {
    /// Its functions, including private ones.
    pub(super) own: Arities,
    /// The functions that other sources may call.
    pub(super) public: Arities,
    /// The modules it imports.
    pub(super) modules: BTreeMap<String, Option<Rc<Functions>>>,
}

impl Functions {
    /// Returns a source's definitions without its modules.
    pub(super) fn of(ast: &AST) -> Self {
        let mut functions = Self::default();
        for function in ast.iter_functions() {
            let add = |arities: &mut Arities| {
                let known = arities.entry(function.name.to_owned()).or_default();
                known.insert(function.params.len());
            };
            if function.access == FnAccess::Public {
                add(&mut functions.public);
            }
            add(&mut functions.own);
        }
        functions
    }

    /// Adds the functions of another source.
    pub(super) fn join(&mut self, other: &Self) {
        for (name, counts) in &other.own {
            self.own.entry(name.clone()).or_default().extend(counts);
        }
    }
}

/// The words of a source that may be keys of a map, and so methods; and its variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Keys, properties and texts.
    pub(super) keys: BTreeSet<String>,
    /// Names that are bound anywhere in the source.
    pub(super) variables: BTreeSet<String>,
}

impl Words {
    /// Returns the words of a source.
    pub(super) fn of(ast: &AST) -> Self {
        let mut words = Self::default();
        for function in ast.iter_functions() {
            let params = function.params.iter().map(|name| (*name).to_owned());
            words.variables.extend(params);
        }
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Expr(expression)) => words.keys.extend(keys(expression)),
                Some(ASTNode::Stmt(statement)) => words.variables.extend(variables(statement)),
                _ => {}
            }
            true
        });
        words
    }
}

fn keys(expression: &Expr) -> Vec<String> {
    match expression {
        Expr::Map(map, _) => map.0.iter().map(|(key, _)| text(key)).collect(),
        Expr::Property(property, _) => vec![property.2.to_string()],
        Expr::StringConstant(text, _) => vec![text.to_string()],
        _ => Vec::new(),
    }
}

fn variables(statement: &Stmt) -> Vec<String> {
    match statement {
        Stmt::Var(variable, ..) => vec![text(&variable.0)],
        Stmt::For(head, _) => [Some(&head.0), head.1.as_ref()]
            .into_iter()
            .flatten()
            .map(text)
            .collect(),
        Stmt::TryCatch(control, _) => match &control.expr {
            Expr::Variable(caught, ..) => vec![caught.1.to_string()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn text(name: &Ident) -> String {
    name.name.to_string()
}
