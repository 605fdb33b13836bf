// The tools of every loop here; t/http/loops.py has the same ones.

const closed = { type: 'object', additionalProperties: false };
const weather = { Paris: '21 degrees in Paris', 'Łódź': '4 degrees in Łódź' };

exports.system = 'You know the weather.';
exports.ask = 'Where is it warmer, in Paris or in Łódź? This is ';
exports.schemas = {
    weather: {
        ...closed, required: ['city'],
        properties: { city: { type: 'string', description: 'A city.' } },
    },
    clock: { ...closed, required: [], properties: {} },
};
exports.run = (name, given) => (
    name === 'weather' ? weather[given.city] : '12:00');
