#include "aws/arn.h"
#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {
namespace {

struct Tagged {
  std::string name;
  json::object pipeline;
};

/// Tags belong to pipelines here: "arn:aws:codepipeline:<region>:<account>:<name>".
Tagged tagged_by(Scope& scope, const json::object& input) {
  const std::string text = json::string_or(input, "resourceArn");
  const auto arn = aws::Arn::parse(text);
  if (!arn || arn->service != "codepipeline") throw errors::invalid_arn(text);
  const bool ours =
      arn->region == scope.engine.environment().region && arn->account == scope.account();
  auto pipeline = ours ? scope.store().pipeline(arn->resource) : std::nullopt;
  if (!pipeline) throw errors::resource_not_found(text);
  return {arn->resource, std::move(*pipeline)};
}

void put_tags(Scope& scope, Tagged tagged, const service::TagSet& tags) {
  tagged.pipeline["tags"] = tags.map();
  store::WriteBatch batch;
  PipelineStore::put_pipeline(batch, tagged.name, tagged.pipeline);
  scope.store().write(std::move(batch));
}

}  // namespace

json::object tag_resource(Scope& scope, Request& request, const json::object& input) {
  Tagged tagged = tagged_by(scope, input);
  service::TagSet tags(kTagRules, json::find(tagged.pipeline, "tags"));
  const json::value given(tag_map(json::find(input, "tags")));
  tags.merge(service::read_tags(&given), service::tag_source(request));
  put_tags(scope, std::move(tagged), tags);
  return {};
}

json::object untag_resource(Scope& scope, const json::object& input) {
  Tagged tagged = tagged_by(scope, input);
  service::TagSet tags(kTagRules, json::find(tagged.pipeline, "tags"));
  tags.remove(json::find_array(input, "tagKeys"));
  put_tags(scope, std::move(tagged), tags);
  return {};
}

json::object list_tags_for_resource(Scope& scope, const json::object& input) {
  const Tagged tagged = tagged_by(scope, input);
  const json::object tags = service::TagSet(kTagRules, json::find(tagged.pipeline, "tags")).map();
  service::Page page(kPages, input, "tags");
  for (const auto& [key, value] : tags) {
    const bool more = page.add(std::string_view(key.data(), key.size()), [&] {
      return json::object{{"key", key}, {"value", value}};
    });
    if (!more) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::codepipeline::api
