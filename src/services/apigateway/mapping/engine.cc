// Directives.
#include "services/apigateway/mapping/engine.h"

#include <algorithm>

#include "services/apigateway/mapping/hosts.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/parser.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

Engine::Engine(const Program& program, Heap& heap)
    : program_(program), heap_(heap), patterns_(heap.budget()) {
  frame_ = &frames_.emplace_back();
}

Engine::Called::Called(Engine& engine) : engine_(engine) {
  if (++engine_.calls_ > kCallDepth) {
    --engine_.calls_;
    throw RenderError{"macros, blocks and #evaluate call each other too deeply"};
  }
}

std::string Engine::run() {
  std::string out;
  render(program_.body, out);
  return out;
}

std::string Engine::print(const Value& value) {
  const Map* map = value.if_map();
  if (map != nullptr && map->whole != Map::Whole::kItself) return "";
  return java_string(*this, heap_, value);
}

std::string Engine::render_block(const Block& block, Frame* frame) {
  const Called called(*this);
  Frame* const before = std::exchange(frame_, frame);
  std::string out;
  render(block, out);
  frame_ = before;
  return out;
}

void Engine::write(std::string_view text, std::string& out) {
  budget().spend_bytes(text.size());
  if (out.size() + text.size() > kOutputBytes) throw RenderError{"the output is over 10 MB"};
  out += text;
}

Engine::Flow Engine::render(const Block& block, std::string& out) {
  for (const Node& node : block) {
    budget().spend(1);
    offset_ = node.offset;
    const Flow flow = std::visit([&](const auto& what) { return this->go(what, out); }, node.what);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Engine::Flow Engine::go(const PlainText& text, std::string& out) {
  write(text.text, out);
  return Flow::kNext;
}

Engine::Flow Engine::go(const Print& print, std::string& out) {
  write(print.prefix, out);
  if (print.escaped) {
    write(print.reference.literal, out);
    return Flow::kNext;
  }
  const Value value = value_of(print.reference);
  if (const std::string* held = value.if_text()) {
    write(*held, out);
  } else {
    write(this->print(value), out);
  }
  return Flow::kNext;
}

Engine::Flow Engine::go(const Set& set, std::string&) {
  assign(set.target, value_of(set.value));
  return Flow::kNext;
}

Engine::Flow Engine::go(const If& branches, std::string& out) {
  for (const Branch& each : branches.branches) {
    if (is_true(each.when)) return render(each.body, out);
  }
  return render(branches.otherwise, out);
}

std::vector<Value> Engine::elements(const Value& over) {
  std::vector<Value> made;
  if (List* list = over.if_list()) {
    budget().spend(list->size());
    made = list->items(heap_);
  } else if (Map* map = over.if_map()) {
    budget().spend(map->size());
    for (const auto& [key, each] : map->entries(heap_)) made.push_back(each);
  } else if (auto* iterator = dynamic_cast<IteratorHost*>(over.if_host())) {
    made = iterator->take_rest(*this);
  }
  return made;
}

Engine::Flow Engine::go(const Foreach& loop, std::string& out) {
  // Velocity goes over a list's iterator, which a change of the list within the loop breaks; a
  // copy's is as good.
  const std::vector<Value> over = elements(value_of(loop.over));
  const Value variable = look_up(loop.variable);
  const Value outer = look_up("foreach");
  const Value counter = look_up("velocityCount");
  const Value has_next = look_up("velocityHasNext");
  // What is over the limit is left out (Velocity's directive.foreach.maxloops).
  const std::size_t count = std::min(over.size(), kForeachIterations);
  auto* scope = heap_.host<ForeachHost>(outer);
  Flow flow = Flow::kNext;
  for (std::size_t at = 0; at < count && flow == Flow::kNext; ++at) {
    budget().spend(4);
    scope->index = at;
    scope->has_next = at + 1 < over.size();
    set("foreach", scope);
    set("velocityCount", static_cast<std::int32_t>(at + 1));
    set("velocityHasNext", scope->has_next);
    set(loop.variable, over[at]);
    flow = render(loop.body, out);
  }
  const auto restore = [&](const std::string& name, const Value& value) {
    if (value.is_null()) {
      forget(name);
    } else {
      set(name, value);
    }
  };
  restore("foreach", outer);
  restore("velocityCount", counter);
  restore("velocityHasNext", has_next);
  restore(loop.variable, variable);
  return flow == Flow::kBreak ? Flow::kNext : flow;
}

Engine::Flow Engine::go(const Define& define, std::string&) {
  set(define.variable, heap_.host<BlockHost>(define.body, frame_));
  return Flow::kNext;
}

Engine::Flow Engine::go(const Evaluate& evaluate, std::string& out) {
  const Value value = value_of(evaluate.text);
  // Anything but a text is not evaluated (Evaluate.render(): "evaluate() error").
  const std::string* source = value.if_text();
  if (source == nullptr) return Flow::kNext;
  const Called called(*this);
  // A parsed text takes many times its length, and is kept: blocks and frames lead into it.
  budget().spend(4 * source->size());
  auto parsed = parse_template(*source);
  if (!parsed) throw RenderError{"#evaluate: " + parsed.error().message};
  const Program& program = evaluated_.emplace_back(std::move(parsed).value());
  for (const auto& [name, macro] : program.macros) more_macros_.insert_or_assign(name, macro);
  const Flow flow = render(program.body, out);
  return flow == Flow::kBreak ? Flow::kNext : flow;
}

Engine::Flow Engine::go(const Call& call, std::string& out) {
  const Macro* macro = nullptr;
  if (const auto more = more_macros_.find(call.name); more != more_macros_.end()) {
    macro = &more->second;
  } else if (const auto own = program_.macros.find(call.name); own != program_.macros.end()) {
    macro = &own->second;
  }
  if (macro == nullptr) {
    write(call.literal, out);
    return Flow::kNext;
  }
  const Called called(*this);
  budget().spend(8);
  Frame& frame = frames_.emplace_back();
  frame.outer = frame_;
  for (std::size_t at = 0; at < std::min(call.arguments.size(), macro->parameters.size()); ++at) {
    frame.arguments.emplace(macro->parameters[at], &call.arguments[at]);
  }
  if (call.body != nullptr) {
    frame.values.emplace("bodyContent", heap_.host<BlockHost>(call.body, frame_));
  }
  const std::shared_ptr<const Block> body = macro->body;
  Frame* const before = std::exchange(frame_, &frame);
  const Flow flow = render(*body, out);
  frame_ = before;
  return flow == Flow::kBreak ? Flow::kNext : flow;
}

Engine::Flow Engine::go(const Load& load, std::string&) {
  throw RenderError{"#" + load.name + " has nothing to load"};
}

void Engine::set(const std::string& name, Value value) {
  budget().spend(1);
  for (Frame* each = frame_; each != nullptr; each = each->outer) {
    each->values.insert_or_assign(name, value);
  }
}

void Engine::forget(const std::string& name) {
  for (Frame* each = frame_; each != nullptr; each = each->outer) each->values.erase(name);
}

Value Engine::look_up(const std::string& name) {
  budget().spend(1);
  for (Frame* each = frame_; each != nullptr; each = each->outer) {
    if (const auto found = each->values.find(name); found != each->values.end()) {
      return found->second;
    }
    const auto argument = each->arguments.find(name);
    if (argument == each->arguments.end()) continue;
    Frame* const before = std::exchange(frame_, each->outer);
    Value value = value_of(*argument->second);
    frame_ = before;
    return value;
  }
  return {};
}

}  // namespace tandem::apigateway::mapping
