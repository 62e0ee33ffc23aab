#include "services/cloudformation/resources/row_handler.h"

#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kBefore = "Before";  // an intent's attribute: the ids there were already

std::string bare(std::string id) { return id.substr(id.rfind('/') + 1); }

std::string id_of(const json::object& item, const Row& row) {
  if (!row.listed_id.empty()) return json::string_or(item, row.listed_id);
  return bare(json::string_or(item, item.contains("id") ? "id" : "Id"));
}

json::object tags_of(const json::object& thing) {
  const auto* map = json::find_object(thing, "tags");
  return map == nullptr ? tag_map(thing) : *map;
}

// A listing is read page by page: Route 53's and Lambda's with Marker, the others' with position.
void turn_page(const json::object& page, json::object& request) {
  for (const auto& [token, parameter] :
       {std::pair("position", "position"), std::pair("NextMarker", "Marker")}) {
    const std::string next = json::string_or(page, token);
    if (next.empty()) continue;
    request[parameter] = next;
    return;
  }
  request.clear();
}

}  // namespace

void RowHandler::require(const json::object& properties) const {
  const auto* list = json::find_array(properties, row_.needs);
  const bool missing = !row_.needs.empty() &&
                       (!properties.contains(row_.needs) || (list != nullptr && list->empty()));
  if (missing) throw HandlerError("InvalidRequest", std::string(row_.needs_text));
  if (row_.check != nullptr) row_.check(properties);
}

// What no call of the row changes in place and no schema lets replace.
void RowHandler::refuse_fixed(const json::object& before, const json::object& after) const {
  const std::vector<std::string> updatable = updatable_properties(row_);
  for (const PropertyChange& change : compare(shape_, before, after)) {
    if (std::find(updatable.begin(), updatable.end(), change.name) != updatable.end()) continue;
    throw HandlerError("NotUpdatable", change.name + " cannot be changed");
  }
}

std::string RowHandler::known_id(const HandlerContext& context,
                                 const json::object& properties) const {
  if (!row_.made.empty()) return "";
  if (!row_.id.empty()) {
    const Physical none;
    if (auto id = expand(row_.id, scope(context, none, properties))) return *id;
  }
  std::string name = context.generated_name(row_.longest);
  return row_.lower ? core::to_lower(name) : name;
}

json::object RowHandler::creation(const HandlerContext& context, const Physical& physical,
                                  const json::object& properties) const {
  json::object request = build_request(row_.request, scope(context, physical, properties));
  if (!row_.names.empty() && !request.contains(row_.names)) {
    request[row_.names] = context.generated_name(row_.longest);
  }
  const TagStyle& style = row_.tags;
  if (!style.create.empty()) {
    json::object tags = tag_map(pick(properties, {{style.property, "Tags"}}));
    if (style.system) tags = all_tags(context, pick(properties, {{style.property, "Tags"}}));
    if (!tags.empty() && style.form == TagStyle::Form::kMap) request[style.create] = tags;
    if (!tags.empty() && style.form == TagStyle::Form::kList) {
      request[style.create] = tag_list(tags);
    }
  }
  if (!row_.token.empty()) {
    request[row_.token] = json::string_or(physical.attributes, row_.token);
  }
  if (row_.complete != nullptr) row_.complete(context, request);
  return request;
}

// Says what is about to be made, unless somebody else's has its name already: then the call fails,
// and nothing is owned.
Task<Physical> RowHandler::intended(HandlerContext& context, Physical physical,
                                    json::object properties) const {
  if (row_.create.empty()) co_return physical;
  if (row_.asks_first) {
    json::object request = build_request(reading(), scope(context, physical, properties));
    const bool taken = co_await exists(context, std::string(row_.service), std::string(row_.read),
                                       std::move(request));
    if (taken && !row_.taken.empty()) {
      const auto text = expand(row_.taken, scope(context, physical, properties));
      throw HandlerError("AlreadyExists", text.value_or(""));
    }
    if (taken) co_return physical;
  }
  if (row_.find == Row::Find::kNotThereYet) {
    json::array there;
    const std::vector<json::object> items = co_await listed(context, std::move(properties));
    for (const json::object& item : items) there.push_back(json::string(id_of(item, row_)));
    physical.attributes[kBefore] = std::move(there);
  }
  context.intend(physical);
  co_return physical;
}

// What was there before is another's, whoever says that it has been made now.
void RowHandler::refuse_taken(const HandlerContext& context, const Physical& physical,
                              const json::object& properties, const json::object& intent) const {
  const auto* there = json::find_array(intent, kBefore);
  if (row_.taken.empty() || there == nullptr) return;
  const bool taken = std::any_of(there->begin(), there->end(), [&](const json::value& id) {
    return json::to_std(id) == physical.id;
  });
  if (!taken) return;
  const auto text = expand(row_.taken, scope(context, physical, properties));
  throw HandlerError("AlreadyExists", text.value_or(""));
}

Task<Physical> RowHandler::create(HandlerContext& context, json::object properties) const {
  require(properties);
  Physical physical;
  physical.id = known_id(context, properties);
  if (!row_.token.empty()) {
    physical.attributes[row_.token] = context.generated_name(row_.longest);
  } else if (!physical.id.empty()) {
    physical.attributes = attributes_from({}, scope(context, physical, properties));
  }
  json::object request = creation(context, physical, properties);
  physical = co_await intended(context, std::move(physical), properties);
  json::object answer;
  if (!row_.create.empty()) {
    answer = co_await context.call(std::string(row_.service), std::string(row_.create),
                                   std::move(request));
  }
  if (!row_.made.empty()) {
    const json::value* id = at_path(answer, row_.made, scope(context, physical, properties));
    physical.id = id == nullptr ? "" : bare(scalar_text(*id).value_or(""));
  }
  const json::object intent = std::exchange(
      physical.attributes, attributes_from(answer, scope(context, physical, properties)));
  refuse_taken(context, physical, properties, intent);
  context.claim(physical);
  json::object ready = co_await wait(context, physical, properties, std::move(answer));
  for (auto& known : attributes_from(ready, scope(context, physical, properties))) {
    physical.attributes[known.key()] = std::move(known.value());
  }
  if (row_.tags.create.empty()) co_await settle_tags(context, physical, {}, properties);
  co_await settle_parts(context, physical, {}, properties, Moment::kCreation);
  if (row_.patches_new) {
    Patch patch;
    row_.more_patches(patch, {}, properties);
    co_await send_patches(context, physical, properties, patch.take());
  }
  if (row_.reads_back) physical = co_await read(context, physical.id);
  co_return physical;
}

Task<std::vector<json::object>> RowHandler::listed(HandlerContext& context,
                                                   json::object properties) const {
  const Physical none;
  const json::object alike = build_request(row_.alike, scope(context, none, properties));
  json::object request = build_request(row_.listing_request, scope(context, none, properties));
  if (row_.complete != nullptr) row_.complete(context, request);
  std::vector<json::object> found;
  try {
    do {
      json::object page =
          co_await context.call(std::string(row_.service), std::string(row_.listing), request);
      if (const auto* items = json::find_array(page, row_.listed)) {
        for (const auto& item : *items) {
          const bool fits = std::all_of(alike.begin(), alike.end(), [&](const auto& member) {
            const json::value* value = json::find(item.as_object(), member.key());
            return value != nullptr && *value == member.value();
          });
          if (fits) found.push_back(item.as_object());
        }
      }
      turn_page(page, request);
    } while (!request.empty());
  } catch (const aws::ApiError& error) {
    if (!means_gone(error)) throw;  // with what it is part of
  }
  co_return found;
}

Task<std::optional<Physical>> RowHandler::find(HandlerContext& context, Physical intended,
                                               json::object properties,
                                               std::set<std::string> known) const {
  if (row_.find == Row::Find::kAsIntended) co_return intended;
  if (row_.find == Row::Find::kByOwnTags) {
    json::object request = build_request(reading(), scope(context, intended, properties));
    json::object answer = co_await context.call(std::string(row_.service), std::string(row_.read),
                                                std::move(request));
    const json::value* thing = at_path(answer, row_.found, scope(context, intended, properties));
    const bool ours = thing != nullptr && thing->is_object() &&
                      context.has_system_tags(tags_of(thing->get_object()));
    if (!ours) co_return std::nullopt;
    co_return intended;
  }
  if (const auto* there = json::find_array(intended.attributes, kBefore)) {
    for (const auto& id : *there) known.insert(json::to_std(id));
  }
  const std::vector<json::object> items = co_await listed(context, properties);
  for (const json::object& item : items) {
    const std::string id = id_of(item, row_);
    if (known.contains(id)) continue;
    const bool ours =
        row_.find == Row::Find::kByTags ? context.has_system_tags(tags_of(item))
        : row_.find == Row::Find::kByToken
            ? json::string_or(item, row_.token) == json::string_or(intended.attributes, row_.token)
            : true;
    if (!ours) continue;
    Physical found{id, {}};
    if (!row_.listed_id.empty()) {
      found.attributes = attributes_from(item, scope(context, found, properties));
    }
    if (row_.find != Row::Find::kByToken) co_return found;
    co_return co_await read(context, id);
  }
  co_return std::nullopt;
}

Task<Physical> RowHandler::read(HandlerContext& context, std::string identifier) const {
  if (row_.read.empty()) co_return co_await Handler::read(context, std::move(identifier));
  Physical physical{row_.bare ? bare(std::move(identifier)) : std::move(identifier), {}};
  const json::object nothing;
  json::object request = build_request(reading(), scope(context, physical, nothing));
  json::object answer =
      co_await context.call(std::string(row_.service), std::string(row_.read), std::move(request));
  if (!row_.found.empty() &&
      at_path(answer, row_.found, scope(context, physical, nothing)) == nullptr) {
    throw aws::ApiError(404, "ResourceNotFoundException", "The resource does not exist.");
  }
  if (!row_.read_id.empty()) physical.id = json::string_or(answer, row_.read_id, physical.id);
  physical.attributes = attributes_from(answer, scope(context, physical, nothing));
  co_return physical;
}

// Throws when it failed.
bool RowHandler::is_busy(const json::object& answer, const RowScope& scope) const {
  const auto says = [&](std::string_view path, std::string_view value) {
    const json::value* found = at_path(answer, path, scope);
    return found != nullptr && scalar_text(*found) == std::string(value);
  };
  for (const std::string_view word : words_of(row_.failed)) {
    const std::size_t equals = word.find('=');
    const std::size_t colon = word.find(':');
    const std::string_view value = word.substr(equals + 1, colon - equals - 1);
    if (!says(word.substr(0, equals), value)) continue;
    const json::value* reason = at_path(answer, word.substr(colon + 1), scope);
    throw HandlerError("NotStabilized", reason == nullptr
                                            ? std::string(value)
                                            : scalar_text(*reason).value_or(std::string(value)));
  }
  for (const std::string_view word : words_of(row_.busy)) {
    const std::size_t sign = word.find_first_of("=!");
    const bool same = says(word.substr(0, sign), word.substr(sign + 1));
    if (same == (word[sign] == '=')) return true;
  }
  return false;
}

// The answer of whoever said that it is ready: answer itself, or a later reading.
Task<json::object> RowHandler::wait(HandlerContext& context, Physical physical,
                                    json::object properties, json::object answer) const {
  for (bool asked = false; is_busy(answer, scope(context, physical, properties)); asked = true) {
    if (asked) co_await context.pause();
    json::object request = build_request(reading(), scope(context, physical, properties));
    answer = co_await context.call(std::string(row_.service), std::string(row_.read),
                                   std::move(request));
  }
  co_return answer;
}

Task<void> RowHandler::wait_again(HandlerContext& context, Physical physical,
                                  json::object properties) const {
  json::object request = build_request(reading(), scope(context, physical, properties));
  json::object answer =
      co_await context.call(std::string(row_.service), std::string(row_.read), std::move(request));
  co_await wait(context, std::move(physical), std::move(properties), std::move(answer));
}

Task<void> RowHandler::remove(HandlerContext& context, Physical physical,
                              json::object properties) const {
  if (!row_.owner.empty()) {
    // Another one of that name, made since, is not this stack's.
    const Physical present = co_await read(context, physical.id);
    const std::string mark = json::string_or(physical.attributes, row_.owner);
    if (!mark.empty() && json::string_or(present.attributes, row_.owner) != mark) co_return;
  }
  if (row_.before_remove != nullptr) co_await row_.before_remove(context, physical, properties);
  if (row_.drops_parts) {
    co_await settle_parts(context, physical, properties, {}, Moment::kRemoval);
  }
  if (row_.remove.empty()) co_return;
  json::object request = build_request(row_.address, scope(context, physical, properties));
  co_await context.call(std::string(row_.service), std::string(row_.remove), std::move(request));
  for (bool gone = !row_.waits_until_gone; !gone;) {
    try {
      json::object again = build_request(reading(), scope(context, physical, properties));
      co_await context.call(std::string(row_.service), std::string(row_.read), std::move(again));
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
      gone = true;
    }
    if (!gone) co_await context.pause();
  }
}

ResourceType type_of(const Row& row) {
  std::string serves;
  for (const std::string& name : properties_of(row)) serves += name + ' ';
  SchemaUse use = row.use;
  use.serves = serves;
  ResourceType type;
  type.name = row.type;
  type.shape = shape_of(row.type, use);
  for (const std::string_view word : words_of(row.attributes)) {
    type.attributes.emplace_back(word.substr(0, word.find('=')));
  }
  type.name_property = row.name;
  type.name_alone = row.name_alone;
  type.primary_identifier = row.identifier;
  type.handler = std::make_unique<RowHandler>(row, type.shape);
  return type;
}

}  // namespace tandem::cloudformation
