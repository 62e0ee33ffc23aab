// How a row's resource gets from its old properties to its new ones.
#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/resources/row_handler.h"

namespace tandem::cloudformation {
namespace {

std::string text_of_value(const json::value& value) {
  return scalar_text(value).value_or(json::to_text(value));
}

const json::array& items_of(const json::value* value) {
  static const json::array kNone;
  const auto* list = value == nullptr ? nullptr : value->if_array();
  return list == nullptr ? kNone : *list;
}

const json::object& members_of(const json::value* value) {
  static const json::object kNone;
  const auto* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? kNone : *object;
}

bool same(const json::value* a, const json::value* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

void patch_map(Patch& patch, const std::string& path, const json::object& before,
               const json::object& after) {
  for (const auto& member : before) {
    if (!after.contains(member.key())) patch.remove(path + '/' + pointer_escaped(member.key()));
  }
  for (const auto& member : after) {
    if (same(before.if_contains(member.key()), &member.value())) continue;
    patch.add("replace", path + '/' + pointer_escaped(member.key()), text_of_value(member.value()));
  }
}

// Templates spell media types as parts of paths, "image~1png", which is how API Gateway's own
// resource asks for them ("AWS::ApiGateway::RestApi", BinaryMediaTypes), or as they are.
std::string item_segment(const json::value& item) {
  return pointer_escaped(pointer_unescaped(text_of_value(item)));
}

void patch_list(Patch& patch, const std::string& path, const json::array& before,
                const json::array& after) {
  const auto contains = [](const json::array& in, const json::value& item) {
    return std::find(in.begin(), in.end(), item) != in.end();
  };
  for (const json::value& item : before) {
    if (!contains(after, item)) patch.remove(path + '/' + item_segment(item));
  }
  for (const json::value& item : after) {
    if (contains(before, item)) continue;
    patch.add("add", path + '/' + item_segment(item), "");
  }
}

// "/endpointConfiguration/types/EDGE" becomes "REGIONAL": the path of the old one.
void patch_only_item(Patch& patch, const std::string& path, const json::value* before,
                     const json::value* after, std::string_view otherwise) {
  const auto only = [&](const json::value* value) {
    const json::array& items = items_of(value);
    return items.empty() ? std::string(otherwise) : text_of_value(items.front());
  };
  if (only(before) != only(after)) patch.add("replace", path + '/' + only(before), only(after));
}

}  // namespace

void patch_value(Patch& patch, std::string path, const Shape& shape, const json::value* before,
                 const json::value* after, std::string_view otherwise, const Row& row) {
  if (same(before, after)) return;
  if (shape.kind == Shape::Kind::kMap) {
    patch_map(patch, path, members_of(before), members_of(after));
  } else if (shape.kind == Shape::Kind::kList) {
    patch_list(patch, path, items_of(before), items_of(after));
  } else if (shape.kind == Shape::Kind::kObject) {
    if (after == nullptr) {
      patch.remove(std::move(path));
      return;
    }
    for (const Member& member : shape.members) {
      patch_value(patch, path + '/' + spelled(member.name, row), member.shape,
                  json::find(members_of(before), member.name),
                  json::find(members_of(after), member.name), otherwise, row);
    }
  } else {
    patch.add("replace", std::move(path),
              after == nullptr ? std::string(otherwise) : text_of_value(*after));
  }
}

json::array RowHandler::patches(const json::object& before, const json::object& after) const {
  Patch patch;
  for (const std::string_view word : words_of(row_.patches)) {
    const std::size_t equals = word.find('=');
    const std::size_t bar = word.find('|');
    std::string path(word.substr(0, equals));
    const std::string_view property = word.substr(equals + 1, bar - equals - 1);
    const std::string_view otherwise =
        bar == std::string_view::npos ? std::string_view() : word.substr(bar + 1);
    const Shape* shape = nullptr;
    const json::value* old_value = property_at(property, before, shape_, &shape);
    const json::value* new_value = property_at(property, after, shape_, &shape);
    if (shape == nullptr) continue;  // neither has it
    if (path.ends_with('!')) {
      path.pop_back();
      patch_only_item(patch, path, old_value, new_value, otherwise);
    } else {
      patch_value(patch, std::move(path), *shape, old_value, new_value, otherwise, row_);
    }
  }
  if (row_.more_patches != nullptr) row_.more_patches(patch, before, after);
  return patch.take();
}

Task<json::object> RowHandler::send_patches(HandlerContext& context, Physical physical,
                                            json::object properties, json::array patches) const {
  if (patches.empty()) co_return json::object();
  json::object request = build_request(row_.address, scope(context, physical, properties));
  request["patchOperations"] = std::move(patches);
  co_return co_await context.call(std::string(row_.service), std::string(row_.patch),
                                  std::move(request));
}

std::vector<RowHandler::Piece> RowHandler::pieces(const Part& part, RowScope scope) const {
  std::vector<Piece> result;
  const Shape* shape = nullptr;
  const json::value* value = part.property.empty()
                                 ? nullptr
                                 : property_at(part.property, scope.properties, shape_, &shape);
  const bool empty = value != nullptr && value->is_array() && value->get_array().empty();
  if (!part.property.empty() && (value == nullptr || empty)) return result;
  const auto add = [&] {
    result.push_back({build_request(part.drop_request, scope), build_request(part.request, scope)});
  };
  if (!part.each) {
    add();
    return result;
  }
  for (const json::value& item : items_of(value)) {
    scope.item = &item;
    scope.item_shape = shape->item.get();
    add();
  }
  return result;
}

Task<void> RowHandler::settle_part(HandlerContext& context, const Part* part, Physical physical,
                                   json::object before, json::object after) const {
  const std::string service(row_.service);
  const std::vector<Piece> old_pieces = pieces(*part, scope(context, physical, before));
  const std::vector<Piece> new_pieces = pieces(*part, scope(context, physical, after, &before));
  const auto of = [](const std::vector<Piece>& in, const Piece& piece) {
    const auto found = std::find_if(in.begin(), in.end(),
                                    [&](const Piece& one) { return one.drop == piece.drop; });
    return found == in.end() ? nullptr : &*found;
  };
  for (const Piece& piece : old_pieces) {
    const Piece* still = of(new_pieces, piece);
    const bool stays = still != nullptr && (!part->renews || still->put == piece.put);
    if (part->drop.empty() || stays) continue;
    co_await context.call_unless_gone(service, std::string(part->drop), piece.drop);
    if (part->waits) co_await wait_again(context, physical, after);
  }
  for (const Piece& piece : new_pieces) {
    const Piece* was = of(old_pieces, piece);
    const bool alike = was != nullptr && was->put == piece.put;
    const bool as_it_was = part->more == nullptr ? alike
                           : part->property.empty()
                               ? alike && part->more(before, before) == part->more(after, after)
                               : !differs(before, after, part->property);
    if (part->put.empty() || as_it_was) continue;
    json::object request = piece.put;
    if (part->more != nullptr) {
      for (auto& member : part->more(before, after)) {
        request[member.key()] = std::move(member.value());
      }
    }
    std::string payload;
    if (part->content != nullptr) {
      request.erase(part->payload);
      payload = co_await part->content(context, after, &request);
    }
    co_await context.exchange(context.identity().region, service, std::string(part->put),
                              std::move(request), std::move(payload));
    if (part->waits) co_await wait_again(context, physical, after);
  }
}

Task<void> RowHandler::settle_parts(HandlerContext& context, Physical physical, json::object before,
                                    json::object after, Moment moment) const {
  for (const Part& part : row_.parts) {
    const bool set_already = part.when == Part::When::kUpdates;
    if (set_already && moment != Moment::kUpdate) continue;
    co_await settle_part(context, &part, physical, before, after);
  }
}

Task<void> RowHandler::settle_tags(HandlerContext& context, Physical physical, json::object before,
                                   json::object after) const {
  const TagStyle& style = row_.tags;
  if (style.tag.empty()) co_return;
  const TagChanges changes = tag_changes(pick(before, {{style.property, "Tags"}}),
                                         pick(after, {{style.property, "Tags"}}));
  const std::string service(row_.service);
  json::object tag = build_request(style.target, scope(context, physical, after));
  json::object untag = tag;
  if (!changes.removed.empty()) {
    json::object& request = style.tag == style.untag ? tag : untag;
    request[style.unset] = changes.removed;
    if (style.tag != style.untag) {
      co_await context.call(service, std::string(style.untag), std::move(untag));
    }
  }
  if (!changes.set.empty()) {
    tag[style.set] = changes.set;
    if (style.form == TagStyle::Form::kList) tag[style.set] = tag_list(changes.set);
  }
  const bool any = !changes.set.empty() || (style.tag == style.untag && !changes.removed.empty());
  if (any) co_await context.call(service, std::string(style.tag), std::move(tag));
}

Task<Physical> RowHandler::update(HandlerContext& context, Physical physical, json::object before,
                                  json::object after) const {
  require(after);
  if (row_.update == Row::Update::kRemake) {
    json::object request = build_request(row_.address, scope(context, physical, before));
    co_await context.call_unless_gone(std::string(row_.service), std::string(row_.remove),
                                      std::move(request));
    co_await create(context, std::move(after));
    co_return physical;
  }
  if (row_.update == Row::Update::kPut) {
    json::object request = creation(context, physical, after);
    co_await context.call(std::string(row_.service), std::string(row_.create), std::move(request));
    co_return physical;
  }
  refuse_fixed(before, after);
  json::object answer = co_await send_patches(context, physical, after, patches(before, after));
  for (auto& known : attributes_from(answer, scope(context, physical, after))) {
    physical.attributes[known.key()] = std::move(known.value());
  }
  co_await settle_parts(context, physical, before, after, Moment::kUpdate);
  co_await settle_tags(context, physical, before, after);
  // What was waited for may have made something new: a table's stream.
  if (row_.reads_back && !row_.busy.empty()) physical = co_await read(context, physical.id);
  co_return physical;
}

}  // namespace tandem::cloudformation
