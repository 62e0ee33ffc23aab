#include "service/tags.h"

#include "services/acm/errors.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr service::TagRules kTagRules{
    .too_many = [](std::string_view) { return errors::too_many_tags(); },
    .reserved =
        [](std::string_view) {
          return errors::invalid_tag("Tag keys that begin with aws: are reserved");
        }};

service::TagSet tags_of(const json::object& record) {
  return service::TagSet(kTagRules, json::find(record, "tags"));
}

}  // namespace

void add_tags(json::object& record, const json::object& input, const RequestContext& context) {
  service::TagSet tags = tags_of(record);
  tags.merge(service::read_tags(json::find(input, "Tags")), service::tag_source(context));
  record["tags"] = tags.list();
}

Reply add_tags_to_certificate(State& state, RequestContext& context, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  json::object record = need_certificate(state, arn);
  add_tags(record, input, context);
  state.certificates.put(id_of(state, arn), record);
  return {};
}

Reply list_tags_for_certificate(State& state, RequestContext&, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  return json::object{{"Tags", tags_of(need_certificate(state, arn)).list()}};
}

/// AWS: a tag given with a value is removed only when it has that value.
Reply remove_tags_from_certificate(State& state, RequestContext&, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  json::object record = need_certificate(state, arn);
  service::TagSet tags = tags_of(record);
  for (const service::Tag& tag : service::read_tags(json::find(input, "Tags"))) {
    if (tag.value) {
      tags.remove(tag.key, *tag.value);
    } else {
      tags.remove(tag.key);
    }
  }
  record["tags"] = tags.list();
  state.certificates.put(id_of(state, arn), record);
  return {};
}

}  // namespace tandem::acm
