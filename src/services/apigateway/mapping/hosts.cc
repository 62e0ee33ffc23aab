#include "services/apigateway/mapping/hosts.h"

#include <iterator>

namespace tandem::apigateway::mapping {

namespace {

/// Velocity's definedirective.maxdepth: a block within itself.
constexpr int kBlockDepth = 2;

/// "index" of "getIndex"; empty when it is no getter.
std::string property_name(std::string_view method) {
  for (const std::string_view prefix : {"get", "is"}) {
    if (!method.starts_with(prefix) || method.size() == prefix.size()) continue;
    std::string made(method.substr(prefix.size()));
    if (made.front() >= 'A' && made.front() <= 'Z') {
      made.front() = static_cast<char>(made.front() - 'A' + 'a');
      return made;
    }
  }
  return "";
}

}  // namespace

Value ForeachHost::property(Engine&, std::string_view name) {
  if (name == "index") return static_cast<std::int32_t>(index);
  if (name == "count") return static_cast<std::int32_t>(index + 1);
  if (name == "hasNext") return has_next;
  if (name == "first") return index == 0;
  if (name == "last") return !has_next;
  if (name == "parent") return parent_;
  if (name == "topmost") {
    auto* outer = dynamic_cast<ForeachHost*>(parent_.if_host());
    while (outer != nullptr && outer->parent_.if_host() != nullptr) {
      outer = dynamic_cast<ForeachHost*>(outer->parent_.if_host());
    }
    return outer == nullptr ? Value(static_cast<Host*>(this)) : Value(static_cast<Host*>(outer));
  }
  return {};
}

std::optional<Value> ForeachHost::call(Engine& engine, std::string_view name,
                                       const std::vector<Value>& arguments) {
  if (!arguments.empty()) return std::nullopt;
  if (name == "hasNext") return has_next;
  if (name == "stop") throw RenderError{"$foreach.stop() is not supported: use #break"};
  const std::string property_of = property_name(name);
  if (property_of.empty()) return std::nullopt;
  return property(engine, property_of);
}

std::string BlockHost::print(Engine& engine) {
  if (depth_ == kBlockDepth) return "";
  ++depth_;
  std::string made = engine.render_block(*block_, frame_);
  --depth_;
  return made;
}

std::string EntryHost::print(Engine& engine) {
  return key_ + "=" + engine.print(property(engine, "value"));
}

Value EntryHost::property(Engine& engine, std::string_view name) {
  if (name == "key") return text(key_);
  if (name != "value") return {};
  const Value* found = map_->find(engine.heap(), key_);
  return found == nullptr ? Value() : *found;
}

std::optional<Value> EntryHost::call(Engine& engine, std::string_view name,
                                     const std::vector<Value>& arguments) {
  if (name == "setValue" && arguments.size() == 1) {
    return map_->put(engine.heap(), key_, arguments.front());
  }
  if (!arguments.empty()) return std::nullopt;
  if (name == "getKey") return property(engine, "key");
  if (name == "getValue") return property(engine, "value");
  return std::nullopt;
}

std::optional<Value> IteratorHost::call(Engine&, std::string_view name,
                                        const std::vector<Value>& arguments) {
  if (!arguments.empty()) return std::nullopt;
  if (name == "hasNext") return next_ < items_.size();
  if (name != "next") return std::nullopt;
  if (next_ == items_.size()) throw RenderError{"java.util.NoSuchElementException"};
  return items_[next_++];
}

std::vector<Value> IteratorHost::take_rest(Engine& engine) {
  engine.budget().spend(items_.size());
  std::vector<Value> rest(items_.begin() + static_cast<std::ptrdiff_t>(next_), items_.end());
  next_ = items_.size();
  return rest;
}

Value ClassHost::property(Engine&, std::string_view name) {
  if (name == "name") return text(name_);
  if (name == "simpleName") return text(name_.substr(name_.find_last_of(".$") + 1));
  return {};
}

std::optional<Value> ClassHost::call(Engine& engine, std::string_view name,
                                     const std::vector<Value>& arguments) {
  if (!arguments.empty()) return std::nullopt;
  if (name == "getName") return property(engine, "name");
  if (name == "getSimpleName") return property(engine, "simpleName");
  return std::nullopt;
}

}  // namespace tandem::apigateway::mapping
