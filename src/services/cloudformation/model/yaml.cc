#include "services/cloudformation/model/yaml.h"

#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <string>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

[[noreturn]] void not_well_formed(const YAML::Mark& at) {
  const int line = at.is_null() ? 1 : at.line + 1;
  const int column = at.is_null() ? 1 : at.column + 1;
  throw format_error(fmt::format("YAML not well-formed. (line {}, column {})", line, column));
}

// "!Ref" and "!Condition" keep their names; every other short tag is an "Fn::" function.
std::optional<std::string> function_of(std::string_view tag) {
  constexpr std::string_view kFunctions[] = {
      "GetAtt", "Sub", "Join", "Select",      "Split",  "FindInMap", "If",     "Equals",
      "And",    "Or",  "Not",  "ImportValue", "Base64", "Cidr",      "GetAZs", "Transform"};
  if (!tag.starts_with('!')) return std::nullopt;
  tag.remove_prefix(1);
  if (tag == "Ref" || tag == "Condition") return std::string(tag);
  for (const std::string_view function : kFunctions) {
    if (tag == function) return "Fn::" + std::string(function);
  }
  return std::nullopt;
}

// "!GetAtt A.B.C" is the list [A, B.C].
json::value get_att_argument(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return json::string(text);
  return json::array{text.substr(0, dot), text.substr(dot + 1)};
}

// Builds the document from the parser's events. Bounds are checked as events arrive, so that a
// hostile document costs no more than the bound.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    spend(mark, 0);
    place(mark, nullptr);
  }

  // Anchors are let be; what would use them is refused (User Guide, "Template formats").
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
    throw template_error("YAML aliases are not allowed in CloudFormation templates");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    if (!core::is_utf8(value)) not_well_formed(mark);
    spend(mark, value.size());
    if (expects_key()) {
      // A key is its text as written: 012345678901 names a mapping's key, not a number.
      if (tag != "?" && tag != "!" && !tag.empty()) not_well_formed(mark);
      open_.back().key = value;
      return;
    }
    place(mark, scalar(mark, tag, value));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, json::object());
  }
  void OnMapEnd() override { close(); }

  std::optional<json::value>& root() { return root_; }

 private:
  struct Open {
    json::value value;
    std::string function;  // empty: no tag
    YAML::Mark mark;
    std::optional<std::string> key;
  };

  static json::value scalar(const YAML::Mark& mark, const std::string& tag,
                            const std::string& value) {
    if (tag == "?" || tag.empty()) return typed_scalar(value);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return json::string(value);
    if (tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
        tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:null") {
      return typed_scalar(value);
    }
    const auto function = function_of(tag);
    if (!function) not_well_formed(mark);
    json::value argument =
        *function == "Fn::GetAtt" ? get_att_argument(value) : json::value(json::string(value));
    json::object call;
    call[*function] = std::move(argument);
    return call;
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }

  void open(const YAML::Mark& mark, const std::string& tag, json::value empty) {
    std::string function;
    if (tag != "?" && tag != "!" && !tag.empty() && tag != "tag:yaml.org,2002:map" &&
        tag != "tag:yaml.org,2002:seq") {
      const auto known = function_of(tag);
      if (!known) not_well_formed(mark);
      function = *known;
    }
    // A tag is one more level: {"Fn::Join": [...]}.
    const std::size_t levels = open_.size() + (function.empty() ? 1 : 2);
    if (levels > limits_.depth) not_well_formed(mark);
    if (expects_key()) {
      throw format_error("unsupported structure.");  // a collection as a mapping's key
    }
    spend(mark, 0);
    open_.push_back({std::move(empty), std::move(function), mark, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    json::value value = std::move(done.value);
    if (!done.function.empty()) {
      json::object call;
      call[done.function] = std::move(value);
      value = std::move(call);
    }
    place(done.mark, std::move(value));
  }

  /// One more node of that many bytes.
  void spend(const YAML::Mark& mark, std::size_t bytes) {
    bytes_ += bytes;
    if (++nodes_ > limits_.nodes || bytes_ > limits_.bytes) not_well_formed(mark);
  }

  void place(const YAML::Mark& mark, json::value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (auto* list = parent.value.if_array()) {
      list->push_back(std::move(value));
    } else if (!parent.key) {
      if (!value.is_string()) not_well_formed(mark);
      parent.key = json::to_std(value);
    } else {
      parent.value.as_object()[*parent.key] = std::move(value);
      parent.key.reset();
    }
  }

  YamlLimits limits_;
  std::vector<Open> open_;
  std::optional<json::value> root_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

json::value parse_yaml(std::string_view text, const YamlLimits& limits) {
  Builder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    std::optional<json::value>& root = builder.root();
    if (!parser.HandleNextDocument(builder) || !root) {
      throw format_error("unsupported structure.");
    }
    json::value document = std::move(*root);
    if (parser.HandleNextDocument(builder)) throw format_error("unsupported structure.");
    return document;
  } catch (const YAML::Exception& error) {
    not_well_formed(error.mark);
  }
}

}  // namespace tandem::cloudformation
