#include "services/lambda/model/destination.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "service/operation.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

aws::ApiError invalid(std::string_view arn) {
  return errors::invalid_parameter(fmt::format("The destination ARN {} is invalid.", arn));
}

}  // namespace

Destination read_destination(std::string_view arn, std::string_view member, std::string_view region,
                             std::string_view account) {
  const auto parsed = aws::Arn::parse(arn);
  if (!parsed) throw invalid(arn);
  const std::string path = std::string(member) + ".Destination";
  for (const std::string_view other : {"sqs", "sns", "s3"}) {
    if (parsed->service == other) {
      service::refuse_member(path, fmt::format("there is no {} here to tell", other));
    }
  }
  if (parsed->service != "lambda" && parsed->service != "events") throw invalid(arn);
  if (parsed->region != region || parsed->account != account) {
    service::refuse_member(path, "it is in another region or account");
  }
  Destination destination;
  if (parsed->service == "events") {
    if (parsed->resource != "event-bus/default") {
      service::refuse_member(path, "the default event bus is the only one here");
    }
    destination.kind = Destination::Kind::kEventBus;
    return destination;
  }
  if (!parsed->resource.starts_with("function:")) throw invalid(arn);
  destination.function = parse_reference(arn, "", region, account);
  return destination;
}

}  // namespace tandem::lambda
