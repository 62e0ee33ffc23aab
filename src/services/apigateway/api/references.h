// The models, request validators and authorizers of an API as its other resources name them.
#pragma once

#include <string>
#include <string_view>

#include "services/apigateway/model/json_schema.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

/// Adds the two models that every new API has.
void put_first_models(State& state, const std::string& api_id, store::WriteBatch& batch);
/// APIs made before there were any models get the first two, once.
void give_first_models(State& state);

/// Content types to names, of PutMethod and PutMethodResponse; null is fine. Throws
/// BadRequestException.
void check_models(const State& state, const std::string& api_id, const json::object* models);
void check_validator(const State& state, const std::string& api_id, std::string_view id);

/// Throws LimitExceededException when the account has as many APIs as it may.
void check_room_for_api(const State& state);

json::object need_authorizer(const State& state, const std::string& api_id, const std::string& id);
/// A method's authorizationType and authorizerId. Throws BadRequestException.
void check_authorization(const State& state, const std::string& api_id, const std::string& type,
                         const std::string& authorizer_id);

FindSchema schemas_of(const State& state, std::string api_id);

}  // namespace tandem::apigateway
