#include "services/events/model/target_input.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/events/errors.h"
#include "services/events/model/event.h"

namespace tandem::events {
namespace {

constexpr std::size_t kDeepest = kEventDepth + 8;
constexpr std::string_view kWholeEvent = "aws.events.event.json";
constexpr std::string_view kEventWithoutDetail = "aws.events.event";
constexpr std::string_view kRuleArn = "aws.events.rule-arn";
constexpr std::string_view kRuleName = "aws.events.rule-name";
constexpr std::string_view kIngestionTime = "aws.events.event.ingestion-time";

bool is_predefined(std::string_view name) {
  return name == kWholeEvent || name == kEventWithoutDetail || name == kRuleArn ||
         name == kRuleName || name == kIngestionTime;
}

bool is_json_template(std::string_view text) { return core::trim(text).starts_with('{'); }

bool is_variable(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// The variable that begins at text's '<'; empty when none does.
std::string_view variable_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin() + 1, text.end(), is_variable);
  if (end == text.end() || *end != '>') return {};
  return text.substr(1, static_cast<std::size_t>(end - text.begin()) - 1);
}

/// A template cut into its texts and variables.
class TemplateReader {
 public:
  explicit TemplateReader(std::string_view text) : text_(text) {}

  struct Piece {
    std::string_view text;      ///< before the variable
    std::string_view variable;  ///< empty: that was the end
    bool quoted = false;        ///< it stands within quotes
  };
  Piece next() {
    const std::size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        at_ = std::min(at_ + 1, text_.size() - 1);
      } else if (c == '"') {
        quoted_ = !quoted_;
      } else if (c == '<') {
        const std::string_view variable = variable_at(text_.substr(at_));
        if (variable.empty()) continue;
        const Piece piece{text_.substr(begin, at_ - begin), variable, quoted_};
        at_ += variable.size() + 2;
        return piece;
      }
    }
    return {text_.substr(begin), {}, quoted_};
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool quoted_ = false;
};

void check_template(const json::object& transformer, const std::string& id) {
  const json::object* paths = json::find_object(transformer, "InputPathsMap");
  const std::string text = json::string_or(transformer, "InputTemplate");
  const bool whole = is_json_template(text);
  TemplateReader reader(text);
  for (auto piece = reader.next(); !piece.variable.empty(); piece = reader.next()) {
    const bool known =
        is_predefined(piece.variable) || (paths != nullptr && paths->contains(piece.variable));
    if (!known) {
      throw errors::validation(fmt::format(
          "InputTemplate for target {} contains invalid placeholder {}.", id, piece.variable));
    }
    if (piece.variable == kWholeEvent && !whole) {
      throw errors::validation(
          fmt::format("InputTemplate for target {} contains placeholder {} valid only for JSON "
                      "template.",
                      id, piece.variable));
    }
  }
}

void check_path(std::string_view path, const std::string& id) {
  if (EventPath::parse(path)) return;
  throw errors::validation(fmt::format("InputPath for target {} is invalid.", id));
}

class Rendering {
 public:
  Rendering(const json::object& transformer, const json::object& event, const MatchedRule& rule,
            std::string_view ingestion_time)
      : paths_(json::find_object(transformer, "InputPathsMap")),
        event_(event),
        rule_(rule),
        ingestion_time_(ingestion_time) {}

  core::Parsed<std::string> render(std::string_view text) {
    TemplateReader reader(text);
    std::string result;
    while (true) {
      const auto piece = reader.next();
      result += piece.text;
      if (piece.variable.empty()) break;
      const json::value value = value_of(piece.variable);
      result += piece.quoted ? within_quotes(value) : json::to_text(value);
      if (result.size() > kInputBytes) return core::ParseError{"the input is too large", 0};
    }
    if (is_json_template(text) && !json::parse_text(result, kDeepest)) {
      return core::ParseError{"the input template makes no JSON of it", 0};
    }
    return result;
  }

 private:
  json::value value_of(std::string_view variable) const {
    if (variable == kRuleArn) return json::string(rule_.arn);
    if (variable == kRuleName) return json::string(rule_.name);
    if (variable == kIngestionTime) return json::string(ingestion_time_);
    if (variable == kWholeEvent) return event_;
    if (variable == kEventWithoutDetail) return without_detail();
    const std::string text = paths_ == nullptr ? "" : json::string_or(*paths_, variable);
    const auto path = EventPath::parse(text);
    const json::value* found = path ? path->find(event_) : nullptr;
    return found == nullptr ? json::value(json::string()) : *found;
  }

  /// "detail-type" is "detailType" there, as recorded on AWS.
  json::value without_detail() const {
    json::object event;
    for (const auto& member : event_.get_object()) {
      const std::string_view name = member.key();
      if (name == "detail") continue;
      event[name == "detail-type" ? "detailType" : name] = member.value();
    }
    return event;
  }

  static std::string within_quotes(const json::value& value) {
    std::string text = json::to_text(value);
    if (value.is_string()) return text.substr(1, text.size() - 2);
    if (value.is_object() || value.is_array()) std::erase(text, '"');
    return text;
  }

  const json::object* paths_;
  const json::value event_;
  const MatchedRule& rule_;
  std::string_view ingestion_time_;
};

}  // namespace

std::optional<EventPath> EventPath::parse(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  EventPath path;
  text.remove_prefix(1);
  while (!text.empty()) {
    const bool named = text.front() == '.';
    if (!named && text.front() != '[') return std::nullopt;
    const std::size_t end = named ? text.find_first_of(".[]'\"", 1) : text.find(']');
    const std::string_view step = text.substr(1, end == text.npos ? end : end - 1);
    if (named) {
      if (step.empty()) return std::nullopt;
      path.steps_.emplace_back(std::string(step));
    } else {
      const auto index = core::parse_uint(step);
      if (end == text.npos || !index) return std::nullopt;
      path.steps_.emplace_back(static_cast<std::size_t>(*index));
    }
    text = end == text.npos ? std::string_view() : text.substr(named ? end : end + 1);
  }
  return path;
}

const json::value* EventPath::find(const json::value& event) const {
  const json::value* at = &event;
  for (const auto& step : steps_) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      const json::object* object = at->if_object();
      at = object == nullptr ? nullptr : object->if_contains(*name);
    } else {
      const json::array* array = at->if_array();
      at = array == nullptr ? nullptr : array->if_contains(std::get<std::size_t>(step));
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

void check_input(const json::object& target) {
  const std::string id = json::string_or(target, "Id");
  const auto input = json::find_string(target, "Input");
  const auto path = json::find_string(target, "InputPath");
  const json::object* transformer = json::find_object(target, "InputTransformer");
  if ((input ? 1 : 0) + (path ? 1 : 0) + (transformer != nullptr ? 1 : 0) > 1) {
    throw errors::validation(fmt::format(
        "Only one of Input, InputPath, or InputTransformer must be provided for target {}.", id));
  }
  if (input && !json::parse_text(*input, kDeepest)) {
    throw errors::validation(fmt::format("JSON syntax error in input for target {}.", id));
  }
  if (path) check_path(*path, id);
  if (transformer == nullptr) return;
  if (const json::object* paths = json::find_object(*transformer, "InputPathsMap")) {
    for (const auto& each : *paths) check_path(json::to_std(each.value()), id);
  }
  check_template(*transformer, id);
}

core::Parsed<std::string> input_of(const json::object& target, const json::object& event,
                                   const MatchedRule& rule, std::string_view ingestion_time) {
  if (const auto input = json::find_string(target, "Input")) return *input;
  if (const json::object* transformer = json::find_object(target, "InputTransformer")) {
    return Rendering(*transformer, event, rule, ingestion_time)
        .render(json::string_or(*transformer, "InputTemplate"));
  }
  const auto text = json::find_string(target, "InputPath");
  if (!text) return json::to_text(event);
  const auto path = EventPath::parse(*text);
  const json::value whole(event);
  const json::value* found = path ? path->find(whole) : nullptr;
  if (found == nullptr) return core::ParseError{"its InputPath leads nowhere", 0};
  return json::to_text(*found);
}

}  // namespace tandem::events
