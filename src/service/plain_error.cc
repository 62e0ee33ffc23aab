#include "service/plain_error.h"

#include "aws/protocol.h"
#include "service/dispatch.h"
#include "service/request_ids.h"

namespace tandem::service {

net::HttpResponse error_answer(const net::HttpRequest& head, const aws::ApiError& error,
                               core::Random& random) {
  const std::string service = destination_of(head).service;
  const std::string request_id = make_request_id(service, random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  place.protocol = place.service ? place.service->protocol() : aws::model::Protocol::kRestJson;
  place.request_id = request_id;
  place.method = head.method;
  place.resource = head.path();
  return aws::encode_error(place, error);
}

}  // namespace tandem::service
