#include "aws/rest_bindings.h"

#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/scalar.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Location;
using model::Member;
using model::Shape;
using model::TimestampFormat;
using model::Type;

json::value scalar(const Member& member, const Member& type, std::string_view text) {
  auto value = parse_scalar(type, text);
  if (!value) throw BindingError{std::string(member.name()), std::string(text)};
  return std::move(*value);
}

/// A list travels as a repeated query parameter.
void decode_query_list(const Member& member,
                       const std::vector<std::pair<std::string, std::string>>& query,
                       json::object& document) {
  json::array list;
  for (const auto& [name, value] : query) {
    if (name != member.wire_name()) continue;
    list.push_back(scalar(member, member.shape().element(), value));
  }
  if (!list.empty()) document[member.name()] = std::move(list);
}

/// A map takes every query parameter that no other member claims.
void decode_query_map(const Shape& input, const Member& member,
                      const std::vector<std::pair<std::string, std::string>>& query,
                      json::object& document) {
  json::object map;
  const auto claimed = [&input](std::string_view name) {
    for (const Member other : input.members()) {
      if (other.location() == Location::kQuery && !other.shape().is(Type::kMap) &&
          other.wire_name() == name) {
        return true;
      }
    }
    return false;
  };
  const bool lists = member.shape().value().shape().is(Type::kList);
  for (const auto& [name, value] : query) {
    if (claimed(name)) continue;
    if (!lists) {
      map[name] = value;
      continue;
    }
    auto& list = map[name];
    if (!list.is_array()) list = json::array();
    list.get_array().push_back(json::value(json::string(value)));
  }
  if (!map.empty()) document[member.name()] = std::move(map);
}

void decode_query(const Shape& input, const Member& member,
                  const std::vector<std::pair<std::string, std::string>>& query,
                  json::object& document) {
  const Shape shape = member.shape();
  if (shape.is(Type::kList)) return decode_query_list(member, query, document);
  if (shape.is(Type::kMap)) return decode_query_map(input, member, query, document);
  for (const auto& [name, value] : query) {
    if (name != member.wire_name()) continue;
    // "?encoding-type=" with nothing after it is no value for a number or a date.
    if (value.empty() && !shape.is(Type::kString)) return;
    document[member.name()] = scalar(member, member, value);
    return;
  }
}

void decode_header(const Member& member, const net::Headers& headers, json::object& document) {
  const auto value = headers.get(member.wire_name());
  if (!value) return;
  const Shape shape = member.shape();
  if (!shape.is(Type::kList)) {
    document[member.name()] = scalar(member, member, *value);
    return;
  }
  json::array list;
  for (const auto field : headers.all(member.wire_name())) {
    for (const auto item : core::split(field, ',')) {
      list.push_back(scalar(member, shape.element(), core::trim(item)));
    }
  }
  document[member.name()] = std::move(list);
}

/// Every header that starts with the member's prefix; names in lower case, as S3 keeps them.
void decode_header_map(const Member& member, const net::Headers& headers, json::object& document) {
  json::object map;
  const auto prefix = member.has_wire_name() ? member.wire_name() : std::string_view();
  for (const auto& [name, value] : headers) {
    if (name.size() <= prefix.size() && !prefix.empty()) continue;
    const std::string_view start = std::string_view(name).substr(0, prefix.size());
    if (!core::equals_ignoring_case(start, prefix)) continue;
    const auto key = core::to_lower(std::string_view(name).substr(prefix.size()));
    auto& slot = map[key];
    // S3 joins fields of one name by a comma.
    slot = slot.is_string() ? json::string(json::to_std(slot) + "," + value) : json::string(value);
  }
  if (!map.empty()) document[member.name()] = std::move(map);
}

std::string header_value(const Member& member, const json::value& value) {
  if (!value.is_array()) return format_scalar(member, value, TimestampFormat::kRfc822);
  std::string joined;
  const Member element = member.shape().element();
  for (const auto& item : value.get_array()) {
    if (!joined.empty()) joined += ", ";
    joined += format_scalar(element, item, TimestampFormat::kRfc822);
  }
  return joined;
}

/// A header value cannot hold line breaks: what comes from stored data must not split a response.
std::string without_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
}

void encode_query_member(const Member& member, const json::value& value, net::Headers& query) {
  const Shape shape = member.shape();
  if (shape.is(Type::kList) && value.is_array()) {
    for (const auto& item : value.get_array()) {
      query.add(member.wire_name(),
                format_scalar(shape.element(), item, TimestampFormat::kIso8601));
    }
  } else if (shape.is(Type::kMap) && value.is_object()) {
    for (const auto& [key, item] : value.get_object()) {
      if (!item.is_array()) {
        query.add(key, format_scalar(shape.value(), item, TimestampFormat::kIso8601));
        continue;
      }
      const Member element = shape.value().shape().element();
      for (const auto& each : item.get_array()) {
        query.add(key, format_scalar(element, each, TimestampFormat::kIso8601));
      }
    }
  } else {
    query.add(member.wire_name(), format_scalar(member, value, TimestampFormat::kIso8601));
  }
}

bool takes_query(const Shape& input, std::string_view field) {
  for (const Member member : input.members()) {
    if (member.location() != Location::kQuery) continue;
    if (member.shape().is(Type::kMap) || member.wire_name() == field) return true;
  }
  return false;
}

bool takes_header(const Shape& input, std::string_view header) {
  for (const Member member : input.members()) {
    const std::string_view name = member.wire_name();
    if (member.location() == Location::kHeader && core::equals_ignoring_case(name, header)) {
      return true;
    }
    if (member.location() == Location::kHeaders &&
        core::equals_ignoring_case(header.substr(0, name.size()), name)) {
      return true;
    }
  }
  return false;
}

/// free_query: a read may carry fields of its own. One without a value could be a sub-resource that
/// is younger than the model.
void name_unknown(const Shape& input, const std::vector<std::pair<std::string, std::string>>& query,
                  const net::HttpRequest& request, bool free_query, UnknownNames& unknown) {
  const MemberPath path(&unknown);
  const bool read = request.method == "GET" || request.method == "HEAD";
  for (const auto& [name, value] : query) {
    if (is_about_the_sender(name) || takes_query(input, name)) continue;
    const bool header = core::equals_ignoring_case(std::string_view(name).substr(0, 6), "x-amz-");
    // One that is a header as well (presigned.h) is judged as such.
    if (header && request.headers.get(name)) continue;
    if (header || !(free_query && read && !value.empty())) path.add(name);
  }
  for (const auto& [name, value] : request.headers) {
    if (!core::equals_ignoring_case(std::string_view(name).substr(0, 6), "x-amz-")) continue;
    if (!header_is_about_the_sender(name) && !takes_header(input, name)) path.add(name);
  }
}

/// The template's path with each label replaced by its percent-encoded value.
std::string fill_labels(std::string_view uri, const Shape* input, const json::object& document) {
  std::string path;
  while (!uri.empty()) {
    const auto open = uri.find('{');
    path += uri.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = uri.find('}', open);
    if (close == std::string_view::npos) break;
    auto label = uri.substr(open + 1, close - open - 1);
    const bool greedy = label.ends_with('+');
    if (greedy) label.remove_suffix(1);
    for (std::size_t i = 0; input != nullptr && i < input->members().size(); ++i) {
      const Member member = input->members()[i];
      if (member.location() != Location::kUri || member.wire_name() != label) continue;
      const auto* value = json::find(document, member.name());
      if (value == nullptr) continue;
      path += core::percent_encode(format_scalar(member, *value, TimestampFormat::kIso8601),
                                   greedy ? core::Slash::kKeep : core::Slash::kEncode);
    }
    uri.remove_prefix(close + 1);
  }
  return path;
}

}  // namespace

bool has_body_members(const Shape& shape) {
  for (const Member member : shape.members()) {
    if (member.location() == Location::kBody) return true;
  }
  return false;
}

void decode_bindings(const model::Operation& operation, const net::HttpRequest& request,
                     const PathLabels& labels, json::object& document, UnknownNames& unknown) {
  const auto input = *operation.input();
  auto query = net::parse_query(request.query());
  for (const auto& [name, value] : query) {
    if (!core::is_utf8(name) || !core::is_utf8(value)) {
      throw BindingError{core::percent_encode(name), core::percent_encode(value)};
    }
  }
  // The template's own marks ("?mode=import") are no values.
  const auto uri = operation.uri();
  const auto mark = uri.find('?');
  if (mark != std::string_view::npos) {
    for (const auto& [name, value] : net::parse_query(uri.substr(mark + 1))) {
      std::erase_if(query, [&wanted = name](const auto& field) { return field.first == wanted; });
    }
  }
  name_unknown(input, query, request, dialect_of(operation.service().name()).free_query, unknown);
  for (const Member member : input.members()) {
    switch (member.location()) {
      case Location::kUri:
        for (const auto& [label, value] : labels) {
          if (label == member.wire_name()) document[member.name()] = scalar(member, member, value);
        }
        break;
      case Location::kQuery:
        decode_query(input, member, query, document);
        break;
      case Location::kHeader:
        decode_header(member, request.headers, document);
        break;
      case Location::kHeaders:
        decode_header_map(member, request.headers, document);
        break;
      default:
        break;
    }
  }
}

void decode_response_bindings(const Shape& output, const net::HttpResponse& response,
                              json::object& document) {
  for (const Member member : output.members()) {
    if (member.location() == Location::kHeader) {
      decode_header(member, response.headers, document);
    } else if (member.location() == Location::kHeaders) {
      decode_header_map(member, response.headers, document);
    } else if (member.location() == Location::kStatusCode) {
      document[member.name()] = response.status;
    }
  }
}

int encode_headers(const Shape& shape, const json::object& document, net::Headers& headers) {
  int status = 0;
  for (const Member member : shape.members()) {
    if (member.location() == Location::kBody) continue;
    const auto* value = json::find(document, member.name());
    if (value == nullptr) continue;
    if (member.location() == Location::kHeader) {
      headers.set(member.wire_name(), without_breaks(header_value(member, *value)));
    } else if (member.location() == Location::kHeaders && value->is_object()) {
      const auto prefix = member.has_wire_name() ? member.wire_name() : std::string_view();
      for (const auto& [key, item] : value->get_object()) {
        if (!item.is_string()) continue;
        headers.set(std::string(prefix) + without_breaks(std::string(key)),
                    without_breaks(json::to_std(item)));
      }
    } else if (member.location() == Location::kStatusCode && value->is_number()) {
      status = static_cast<int>(value->to_number<double>());
    }
  }
  return status;
}

std::string encode_target(const model::Operation& operation, const json::object& document) {
  const auto input = operation.input();
  const auto uri = operation.uri();
  const auto question = uri.find('?');
  std::string target = fill_labels(uri.substr(0, question), input ? &*input : nullptr, document);
  std::string query;
  if (question != std::string_view::npos) query = uri.substr(question + 1);
  net::Headers fields;
  for (std::size_t i = 0; input && i < input->members().size(); ++i) {
    const Member member = input->members()[i];
    if (member.location() != Location::kQuery) continue;
    const auto* value = json::find(document, member.name());
    if (value != nullptr) encode_query_member(member, *value, fields);
  }
  for (const auto& [name, value] : fields) {
    if (!query.empty()) query += '&';
    query += core::percent_encode(name) + "=" + core::percent_encode(value);
  }
  if (!query.empty()) target += "?" + query;
  return target;
}

}  // namespace tandem::aws
