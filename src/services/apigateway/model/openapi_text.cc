#include "services/apigateway/model/openapi_text.h"

#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/text.h"

namespace tandem::apigateway {
namespace {

struct NotYaml : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Members whose values are texts however they are written: version: 1.0 is no number.
bool is_text_member(std::string_view name) {
  return name == "version" || name == "title" || name == "swagger" || name == "openapi";
}

/// YAML's core schema, less what would not come back as it was written.
json::value typed(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char* begin = text.data();
  const char* end = begin + text.size();
  std::int64_t whole = 0;
  const auto as_whole = std::from_chars(begin, end, whole);
  if (as_whole.ec == std::errc() && as_whole.ptr == end && std::to_string(whole) == text) {
    return whole;
  }
  double number = 0;
  const auto as_number = std::from_chars(begin, end, number);
  const bool digits = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (digits && as_number.ec == std::errc() && as_number.ptr == end && std::isfinite(number) &&
      text.find('.') != std::string::npos) {
    return number;
  }
  return json::string(text);
}

/// Builds the document from the parser's events. Bounds are checked as they arrive.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { place(anchor, nullptr); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw NotYaml("an alias within itself");
    spend_copy(found->second, open_.size());
    place(0, found->second);
  }
  void OnScalar(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!core::is_utf8(text)) throw NotYaml("not UTF-8");
    spend(text.size());
    if (expects_key()) {
      open_.back().key = text;
      return;
    }
    const bool plain = tag == "?" || tag.empty();
    const bool as_text = !open_.empty() && open_.back().key && is_text_member(*open_.back().key);
    place(anchor, plain && !as_text ? typed(text) : json::value(json::string(text)));
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(anchor, json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(anchor, json::object());
  }
  void OnMapEnd() override { close(); }

  std::optional<json::value>& root() { return root_; }

 private:
  struct Open {
    json::value value;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;
  };

  bool expects_key() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }
  void open(YAML::anchor_t anchor, json::value empty) {
    if (open_.size() >= kOpenApiDepth || expects_key()) throw NotYaml("too deep");
    spend(0);
    open_.push_back({std::move(empty), anchor, std::nullopt});
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    place(done.anchor, std::move(done.value));
  }
  void spend(std::size_t bytes) {
    bytes_ += bytes;
    if (++values_ > kOpenApiValues || bytes_ > kOpenApiBytes) throw NotYaml("too large");
  }
  void spend_copy(const json::value& value, std::size_t depth) {
    if (depth > kOpenApiDepth) throw NotYaml("too deep");
    spend(value.is_string() ? value.as_string().size() : 0);
    if (const json::array* list = value.if_array()) {
      for (const json::value& each : *list) spend_copy(each, depth + 1);
    } else if (const json::object* members = value.if_object()) {
      for (const auto& [name, each] : *members) {
        bytes_ += name.size();
        spend_copy(each, depth + 1);
      }
    }
  }
  void place(YAML::anchor_t anchor, json::value value) {
    if (anchor != 0) {
      spend_copy(value, open_.size());
      anchors_[anchor] = value;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (json::array* list = parent.value.if_array()) {
      list->push_back(std::move(value));
      return;
    }
    if (!parent.key) throw NotYaml("a key that is no text");
    parent.value.as_object()[*parent.key] = std::move(value);
    parent.key.reset();
  }

  std::vector<Open> open_;
  std::map<YAML::anchor_t, json::value> anchors_;
  std::optional<json::value> root_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

std::optional<json::value> parse_yaml(std::string_view text) {
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return std::nullopt;
    return std::move(builder.root());
  } catch (const YAML::Exception&) {
    return std::nullopt;
  } catch (const NotYaml&) {
    return std::nullopt;
  }
}

bool is_empty(const json::value& value) {
  return (value.is_array() && value.as_array().empty()) ||
         (value.is_object() && value.as_object().empty());
}

void write_yaml(std::string& out, const json::value& value, std::size_t depth);

/// After "name:" or "-".
void write_item(std::string& out, const json::value& value, std::size_t depth) {
  if (value.is_structured() && !is_empty(value)) {
    out += '\n';
    write_yaml(out, value, depth);
  } else {
    out += ' ';
    out += json::to_text(value);
    out += '\n';
  }
}

void write_yaml(std::string& out, const json::value& value, std::size_t depth) {
  const std::string margin(depth * 2, ' ');
  if (const json::array* list = value.if_array()) {
    for (const json::value& each : *list) {
      out += margin + "-";
      write_item(out, each, depth + 1);
    }
  } else if (const json::object* members = value.if_object()) {
    for (const auto& [name, each] : *members) {
      out += margin + json::to_text(json::value(name)) + ":";
      write_item(out, each, depth + 1);
    }
  }
}

void write_pretty(std::string& out, const json::value& value, std::size_t depth) {
  if (!value.is_structured() || is_empty(value)) {
    out += value.is_object() ? "{ }" : value.is_array() ? "[ ]" : json::to_text(value);
    return;
  }
  if (const json::array* list = value.if_array()) {
    std::string_view between = "[ ";
    for (const json::value& each : *list) {
      out += between;
      write_pretty(out, each, depth);
      between = ", ";
    }
    out += " ]";
    return;
  }
  std::string_view between = "{\n";
  for (const auto& [name, each] : value.as_object()) {
    out += between;
    out += std::string((depth + 1) * 2, ' ') + json::to_text(json::value(name)) + " : ";
    write_pretty(out, each, depth + 1);
    between = ",\n";
  }
  out += "\n" + std::string(depth * 2, ' ') + "}";
}

}  // namespace

std::optional<json::value> parse_openapi_text(std::string_view text) {
  if (text.size() > kOpenApiBytes) return std::nullopt;
  const std::string_view start = core::trim(text);
  if (start.starts_with('{')) {
    if (auto parsed = json::parse_text(start, kOpenApiDepth)) return std::move(parsed).value();
  }
  return parse_yaml(text);
}

std::string to_yaml(const json::value& document) {
  std::string out = "---\n";
  write_yaml(out, document, 0);
  return out;
}

std::string to_pretty_json(const json::value& document) {
  std::string out;
  write_pretty(out, document, 0);
  return out;
}

}  // namespace tandem::apigateway
