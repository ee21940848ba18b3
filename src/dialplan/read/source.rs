//! Reads business systems: their addresses, how to log in, and their limits. Secrets come from the environment alone.

use std::time::Duration;

use super::super::JsonPath;
use super::super::diagnostic::Wordings;
use super::super::model::{Secret, Source, SourceAuth};
use super::super::yaml::Node;
use super::value::{Fields, Reader};

impl<'n> Reader<'_> {
    pub(super) fn source(&mut self, node: &'n Node) -> Option<Source> {
        let fields = self.fields_of(node, "source");
        let url = fields.value("url").and_then(|url| self.url(url));
        let auth = fields.value("auth").map(|auth| self.source_auth(auth)).unwrap_or_default();
        let authority = fields.value("ca").and_then(|node| self.with_environment(node)).filter(|text| !text.is_empty());
        let timeout = fields.value("timeout").and_then(|node| self.duration(node)).unwrap_or(Duration::from_millis(1_500));
        let retry = fields.value("retry").and_then(|node| self.count(node, (0, 3))).unwrap_or(0);
        let at_once = fields.value("at_once").and_then(|node| self.count(node, (1, 256))).unwrap_or(16);
        let (retry, at_once) = (u8::try_from(retry).unwrap_or(0), u16::try_from(at_once).unwrap_or(16));
        Some(Source { place: node.place, url: url?, auth, authority, timeout, retry, at_once })
    }

    /// Reads an address over HTTP.
    pub(super) fn url(&mut self, node: &Node) -> Option<String> {
        let url = self.with_environment(node)?;
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if !url.is_empty() && rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/') || rest.contains(char::is_whitespace)) {
            self.report.error(
                node,
                "bad-url",
                Wordings::new(format!("{url} 不是网址"), format!("{url} is no address")),
                Wordings::new("写成 \"https://crm.example.com\"", "write \"https://crm.example.com\""),
            );
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    fn source_auth(&mut self, node: &'n Node) -> SourceAuth {
        let fields = self.fields_of(node, "auth");
        let mut auth = SourceAuth::default();
        if let Some(token) = fields.value("bearer").and_then(|node| self.secret(node, "SHOP_TOKEN")) {
            auth.headers.push(("Authorization".to_owned(), Secret::new(format!("Bearer {}", token.reveal()))));
        }
        if let Some(node) = fields.value("basic") {
            auth.basic = self.secret(node, "CRM_USER}:${CRM_PASSWORD");
            if auth.basic.as_ref().is_some_and(|pair| !pair.reveal().contains(':')) {
                self.report.error(
                    node,
                    "bad-value",
                    Wordings::new("basic 要写用户名:密码", "basic wants user:password"),
                    Wordings::new("写成 \"${CRM_USER}:${CRM_PASSWORD}\"", "write \"${CRM_USER}:${CRM_PASSWORD}\""),
                );
            }
        }
        if let Some(headers) = fields.value("header") {
            for (key, value) in self.each(headers) {
                if let (Some(name), Some(secret)) = (self.plain(key), self.secret(value, "CRM_KEY")) {
                    auth.headers.push((name, secret));
                }
            }
        }
        let certificate = fields.value("certificate").and_then(|node| self.with_environment(node)).filter(|text| !text.is_empty());
        let key = fields.value("key").and_then(|node| self.secret(node, "CRM_CERT_KEY"));
        if fields.value("certificate").is_some() != fields.value("key").is_some() {
            self.report.error(
                node,
                "missing-key",
                Wordings::new("certificate 和 key 要一起写", "certificate and key belong together"),
                Wordings::new(
                    "写成 {certificate: \"${CRM_CERT}\", key: \"${CRM_CERT_KEY}\"}",
                    "write {certificate: \"${CRM_CERT}\", key: \"${CRM_CERT_KEY}\"}",
                ),
            );
        }
        auth.certificate = certificate.zip(key);
        auth
    }

    /// Reads a value that must come from the environment; nothing where its variable is not set.
    pub(super) fn secret(&mut self, node: &Node, example: &str) -> Option<Secret> {
        let text = self.plain(node)?;
        let has_default = text.split("${").skip(1).any(|rest| rest.split('}').next().is_some_and(|inside| inside.contains(":-")));
        if !text.contains("${") || has_default {
            self.report.error(
                node,
                "secret-in-file",
                Wordings::new(
                    "密码和令牌不能写在文件里，只能来自环境变量",
                    "a secret does not stand in the file: it comes from the environment",
                ),
                Wordings::new(format!("写成 \"${{{example}}}\""), format!("write \"${{{example}}}\"")),
            );
            return None;
        }
        self.with_environment(node).filter(|secret| !secret.is_empty()).map(Secret::new)
    }

    /// Reads which parts of an answer are taken, by field.
    pub(super) fn pick(&mut self, fields: &Fields<'n>) -> Vec<(String, JsonPath)> {
        let mut picked = Vec::new();
        for (key, value) in fields.value("pick").map(|node| self.each(node)).unwrap_or_default() {
            let (Some(name), Some(path)) = (self.plain(key), self.plain(value)) else { continue };
            match JsonPath::new(&path) {
                Ok(path) => picked.push((name, path)),
                Err(error) => self.report.error(
                    value,
                    "bad-json-path",
                    Wordings::new(format!("看不懂路径 {path}：{}", error.zh), format!("the path {path} cannot be read: {}", error.en)),
                    Wordings::new("写成 data.items[0].name", "write data.items[0].name"),
                ),
            }
        }
        picked
    }

    /// Puts `${NAME}` and `${NAME:-default}` in. A variable that is not set makes the whole value empty, with a warning.
    pub(super) fn with_environment(&mut self, node: &Node) -> Option<String> {
        let text = self.plain(node)?;
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((inside, after)) = after.split_once('}') else {
                self.report.error(
                    node,
                    "bad-value",
                    Wordings::new("${ 后面少了 }", "} is missing after ${"),
                    Wordings::new("写成 \"${SHOP_URL}\"", "write \"${SHOP_URL}\""),
                );
                return None;
            };
            let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
            if let Some(value) = (self.env)(name).filter(|value| !value.is_empty()).or_else(|| default.map(str::to_owned)) {
                out.push_str(&value);
            } else {
                self.report.warning(
                    node,
                    "env-unset",
                    Wordings::new(
                        format!("环境变量 {name} 没有设置：用到它的查询都会失败"),
                        format!("the environment variable {name} is not set: requests that need it will fail"),
                    ),
                    Wordings::new(
                        format!("启动前 export {name}=…，或者写默认值 ${{{name}:-…}}"),
                        format!("export {name}=… before the start, or write a default: ${{{name}:-…}}"),
                    ),
                );
                return Some(String::new());
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}
