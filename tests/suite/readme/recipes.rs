//! The README's recipes for Zilliz Cloud and Milvus, run against `zshell serve` over HTTP.

use crate::readme::pages::{Document, Workshop};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A running service, stopped at the end.
struct Service {
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(workshop: &Workshop, token: &str) -> Service {
    let args = ["serve", "--listen", "127.0.0.1:0", "--token", token];
    let mut command = workshop.command("zshell", &args);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a service");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let url = line.trim().strip_prefix("listening on ");
    let url = url.expect("the address").to_owned();
    Service { child, url }
}

/// Makes the README's file with rows, runs the recipe's blocks with these replacements, and returns their output.
fn follow(workshop: &Workshop, recipe: &str, replacements: &[(&str, &str)]) -> String {
    let blocks = Document::read("README.md").blocks();
    let rows = blocks.iter().find(|it| it.text.starts_with("cat > books"));
    workshop.example("README.md", rows.expect("the rows"));
    let mut output = String::new();
    let mut count = 0;
    for mut block in blocks.into_iter().filter(|block| block.info == recipe) {
        for (from, to) in replacements {
            count += block.text.matches(from).count();
            block.text = block.text.replace(from, to);
        }
        output += &workshop.example("README.md", &block);
    }
    assert!(count >= replacements.len(), "{replacements:?}");
    output
}

#[test]
fn the_recipe_for_zilliz_cloud() {
    let mut workshop = Workshop::new();
    let service = serve(&workshop, "key");
    // The service isn't Zilliz's host, so the API key that a user types comes from `MILVUS_TOKEN`.
    workshop.set("MILVUS_TOKEN", "key");
    let endpoint = format!("{} --api v2 --cluster-id local", service.url);
    let replacements = [(
        "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
        endpoint.as_str(),
    )];
    let output = follow(&workshop, "sh cloud", &replacements);
    assert!(output.contains("by the 2 rows imported"), "{output}");
    assert!(output.contains("Emma"), "{output}");
}

#[test]
fn the_recipe_for_milvus() {
    let workshop = Workshop::new();
    let service = serve(&workshop, "root:Milvus");
    // Files of this machine take the place of the bucket.
    workshop.program("mc", "[ \"$1\" = alias ] || [ -f \"$2\" ]");
    let replacements = [("http://localhost:19530", service.url.as_str())];
    let output = follow(&workshop, "sh milvus", &replacements);
    assert!(output.ends_with("\n2\n"), "{output}");
}
