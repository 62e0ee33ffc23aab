#include "services/apigateway/mapping/template.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "services/apigateway/mapping/builtins.h"
#include "services/apigateway/mapping/engine.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/parser.h"

namespace tandem::apigateway::mapping {

namespace {

Map* member_map(Heap& heap, Map& of, std::string_view name) {
  const Value* found = of.find(heap, name);
  return found == nullptr ? nullptr : found->if_map();
}

/// An override as templates see it: its parts are there, and it prints nothing itself.
Value override_map(Heap& heap, const json::object& carried,
                   std::initializer_list<std::string_view> parts) {
  Map& made = *heap.own_json(carried).if_map();
  for (const std::string_view part : parts) {
    if (member_map(heap, made, part) == nullptr) made.put(heap, part, heap.map());
  }
  made.whole = Map::Whole::kPrintsEmpty;
  return &made;
}

Map* context_map(Heap& heap, const Input& input) {
  Map* made = heap.own_json(*input.context).if_map();
  if (Map* identity = member_map(heap, *made, "identity")) {
    identity->whole = Map::Whole::kPrintsEmpty;
  }
  if (Map* authorizer = member_map(heap, *made, "authorizer")) {
    if (Map* claims = member_map(heap, *authorizer, "claims")) claims->whole = Map::Whole::kNull;
  }
  made->put(heap, "requestOverride",
            override_map(heap, input.request_override, {"header", "path", "querystring"}));
  made->put(heap, "responseOverride", override_map(heap, input.response_override, {"header"}));
  return made;
}

json::object override_of(Heap& heap, Map& context, std::string_view name) {
  Map* held = member_map(heap, context, name);
  if (held == nullptr) return {};
  return std::move(to_json(heap, held).as_object());
}

}  // namespace

Template::Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

core::Parsed<Template> Template::parse(std::string_view text) {
  auto parsed = parse_template(text);
  if (!parsed) return parsed.error();
  return Template(std::make_shared<const Program>(std::move(parsed).value()));
}

core::Parsed<Output> Template::render(const Input& input, Allowance* allowance) const {
  Budget budget(kRenderWork, allowance);
  Heap heap(budget);
  Engine engine(*program_, heap);
  try {
    Map* context = context_map(heap, input);
    engine.set("input", Value(static_cast<Host*>(heap.host<InputHost>(input))));
    engine.set("util", Value(static_cast<Host*>(heap.host<UtilHost>())));
    engine.set("context", context);
    engine.set("stageVariables", heap.own_json(*input.stage_variables));
    Output made;
    made.text = engine.run();
    made.request_override = override_of(heap, *context, "requestOverride");
    made.response_override = override_of(heap, *context, "responseOverride");
    return made;
  } catch (const RenderError& error) {
    return core::ParseError{error.message, engine.offset()};
  }
}

bool is_visible_header(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kHidden = {"Connection",
                                                               "Content-Length",
                                                               "Content-MD5",
                                                               "Expect",
                                                               "Max-Forwards",
                                                               "Proxy-Authenticate",
                                                               "Server",
                                                               "TE",
                                                               "Transfer-Encoding",
                                                               "Trailer",
                                                               "Upgrade",
                                                               "WWW-Authenticate"};
  return std::none_of(kHidden.begin(), kHidden.end(), [&](std::string_view each) {
    return core::equals_ignoring_case(each, name);
  });
}

}  // namespace tandem::apigateway::mapping
